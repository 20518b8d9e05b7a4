/* count_plugin.c - a plugin for qemu's user mode: how many instructions a program executes, by function.
 *
 * At the end it writes "COUNT FUNCTION" lines to the file that it was loaded with (out=PATH); "-" is what
 * has no symbol: shared libraries. A block of code counts for the function in which it begins. The few
 * declarations are those of qemu's plugin interface, version 1, for which Debian has no header. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info;
enum { ADD_U64 = 0 };

extern void qemu_plugin_register_vcpu_tb_trans_cb(
    plugin_id id, void (*translated)(plugin_id, struct qemu_plugin_tb *));
extern void qemu_plugin_register_vcpu_tb_exec_inline(
    struct qemu_plugin_tb *tb, int op, void *to, uint64_t number);
extern void qemu_plugin_register_atexit_cb(plugin_id id, void (*ended)(plugin_id, void *), void *data);
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
extern const char *qemu_plugin_insn_symbol(const struct qemu_plugin_insn *insn);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;
__attribute__((visibility("default"))) int qemu_plugin_install(
    plugin_id id, const struct qemu_info *info, int argc, char **argv);

enum { FUNCTIONS_MAX = 8192, PATH_LENGTH = 4096 };

static struct {
    const char *name;
    uint64_t count;
} functions[FUNCTIONS_MAX];
static size_t function_count;
static char path[PATH_LENGTH];

/* One program, one thread: no locks. */
static uint64_t *counter_of(const char *name)
{
    size_t i = 0;
    while (i < function_count && strcmp(functions[i].name, name) != 0)
        i++;
    if (i == FUNCTIONS_MAX)
        abort();
    if (i == function_count)
        functions[function_count++].name = strdup(name);
    return &functions[i].count;
}

static void translated(plugin_id id, struct qemu_plugin_tb *tb)
{
    (void)id;
    const char *name = qemu_plugin_insn_symbol(qemu_plugin_tb_get_insn(tb, 0));
    qemu_plugin_register_vcpu_tb_exec_inline(
        tb, ADD_U64, counter_of(name && *name ? name : "-"), qemu_plugin_tb_n_insns(tb));
}

static void ended(plugin_id id, void *data)
{
    (void)id;
    (void)data;
    FILE *file = fopen(path, "w");
    if (!file)
        abort();
    for (size_t i = 0; i < function_count; i++)
        fprintf(file, "%llu %s\n", (unsigned long long)functions[i].count, functions[i].name);
    fclose(file);
}

int qemu_plugin_install(plugin_id id, const struct qemu_info *info, int argc, char **argv)
{
    (void)info;
    if (argc != 1 || strncmp(argv[0], "out=", 4) != 0)
        return -1;
    snprintf(path, sizeof(path), "%s", argv[0] + 4);
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, ended, NULL);
    return 0;
}
