"""A home of many entities, for fake_home_assistant.py: large_home.py ENTITIES >HOME.json

Lights and sensors of 200 rooms, every tenth without a row in the entity registry, as Home Assistant has them from old configurations.
"""
import json
import sys


def entity(number):
    kind = ("light", "sensor")[number % 2]
    entity_id = f"{kind}.thing_{number}"
    attributes = {"friendly_name": f"Thing {number}"}
    if kind == "light":
        attributes |= {"supported_color_modes": ["color_temp", "xy"], "color_mode": None, "brightness": None, "min_color_temp_kelvin": 2000,
                       "max_color_temp_kelvin": 6535, "effect_list": ["blink", "breathe", "okay", "channel_change"]}
    else:
        attributes |= {"device_class": "temperature", "state_class": "measurement", "unit_of_measurement": "°C"}
    entry = {"entity_id": entity_id, "platform": "hue", "unique_id": f"00:17:{number}", "device_id": f"d{number // 4}", "area_id": None,
             "aliases": [f"gadget {number}"] if number % 5 == 0 else []}
    return {"exposed": True, "entry": None if number % 10 == 9 else entry,
            "state": {"entity_id": entity_id, "state": "off" if kind == "light" else "20.5", "attributes": attributes,
                      "last_changed": "2026-02-03T04:05:06.789012+00:00", "context": {"id": f"01J{number:023}", "parent_id": None, "user_id": None}}}


def main():
    count = int(sys.argv[1])
    json.dump({
        "floors": [{"floor_id": f"f{i}", "name": f"Storey {i}", "level": i, "aliases": []} for i in range(4)],
        "areas": [{"area_id": f"a{i}", "name": f"Room {i}", "floor_id": f"f{i % 4}", "aliases": []} for i in range(200)],
        "devices": [{"id": f"d{i}", "area_id": f"a{i % 200}", "name": f"Device {i}"} for i in range(count // 4 + 1)],
        "entities": [entity(i) for i in range(count)],
    }, sys.stdout)


main()
