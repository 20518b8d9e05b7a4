/* device_files.h - devices.d: what people write down of things that do not announce themselves
 * (hearth-devices(5)). */
#ifndef HEARTHD_DEVICE_FILES_H
#define HEARTHD_DEVICE_FILES_H

#include "hearthd.h"
#include "inference/status.h"

/* Reads every NAME.json of the configured folder into the inventory; what a file no longer says is removed. A
 * bad file is logged and keeps what it said before; *err has the last one's error. */
enum san_status device_files_read(struct hearthd *daemon, struct san_error *err);

#endif
