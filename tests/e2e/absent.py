"""Sentences about things that the simulated home does not have, one a line: absent.py [COUNT [SEED]].

Shapes of sentences are crossed with absent names; many of those are near misses of what is there. A checksum of each
sentence, after SEED, chooses COUNT of them, so that the same seed gives the same ones everywhere.

The home: sim/home.json, and what tests/e2e/50-absent.sh announces besides (Lamp 1 to 4, Hue Play Left and Right, the Garden).
"""
import itertools
import sys
import zlib

ROOMS = """attic; cellar; basement; conservatory; shed; garden shed; wine cellar; utility room; laundry room; guest room;
guest bedroom; second bedroom; bedroom 2; kids bathroom; guest bathroom; upstairs bathroom 2; study; office; library; nursery;
playroom; sun room; music room; games room; pool house; guest house; summer house; balcony; roof terrace; pantry; kitchen pantry;
gym; sauna; boiler room; storage room; back garage; garden house; bathroom cabinet; dressing room; hallway closet""".replace("\n", " ")
FLOORS = """second floor; third floor; fourth floor; top floor; lower ground floor; basement floor; attic floor; mezzanine;
floor 7""".replace("\n", " ")
LIGHTS = """lamp 5; lamp 7; hue play centre; hue play top; desk lamp; piano lamp; chandelier; sauna light; attic light;
counter light 2; bedside lamp 3; garden shed light; wardrobe light; aquarium light; porch light; lava lamp; table lamp;
kitchen cupboard light; bathroom mirror light; second reading lamp; salt lamp; christmas lights; kids bathroom light;
staircase light; bedroom closet light; garage workbench light; night light 2""".replace("\n", " ")
SWITCHES = """pool pump; coffee grinder; toaster; dishwasher; washing machine; tumble dryer; fish pond; boiler; freezer;
coffee machine 2; garage pump 2; well pump; heated blanket; towel heater 2; electric fence; kettle; space heater; fog machine;
doll house; kitchen radio; bedroom humidifier; aroma diffuser""".replace("\n", " ")
COVERS = """attic blind; skylight; kitchen blind; bathroom blind; garden gate; conservatory awning; patio door; cat flap;
bedroom blind 2; garage door 2; driveway gate; left living room blind; office curtain; projector screen; pool cover;
balcony shutter; dining room shutter 3; kids room blind""".replace("\n", " ")
LOCKS = "back door; cellar door; side door; garden gate; shed door; front gate; safe; wine cellar door; second front door"
CLIMATES = """attic radiator; bathroom floor heating; office thermostat; conservatory heater; kitchen thermostat; pool heater;
bedroom radiator 2; guest room air conditioner; greenhouse thermostat; sauna oven""".replace("\n", " ")
PLAYERS = """office speaker; bedroom tv; kitchen speaker; bathroom radio; jukebox; patio speaker; living room speaker 2;
record player; projector; kids tv""".replace("\n", " ")
FANS = "kitchen fan; attic fan; desk fan; garage fan; bedroom fan 2; living room fan; extractor fan; tower fan; guest bathroom fan"
ROBOTS = "robot mower; upstairs robot; pool robot; vacuum cleaner; roomba; lawn mower; window robot"
SCENES = "movie marathon; romantic dinner; party mode; reading time; christmas morning; kids room bedtime; living room party"

SHAPES = [
    (ROOMS, """turn on the lights in the {}; {} lights off; switch off the {} light; dim the {} lights to 30 percent;
    make the {} a bit warmer; set the {} to 21 degrees; open the blinds in the {}; close the {} blinds; turn everything off in the {};
    lights out in the {} please; could you brighten the {}; i am cold in the {}, turn up the heating;
    toggle the lamps in the {}; make the {} lights blue; start the fan in the {};
    it is too dark in the {}; turn the {} on; turn off the {}; set the {} lights to half"""),
    (FLOORS, """turn off all the lights on the {}; lights on the {} on; close all the blinds on the {}; switch everything off on the {};
    {} lights off; dim every lamp on the {} to 10 percent"""),
    (LIGHTS, """turn on the {}; switch the {} off; {} on; {} off please; dim the {} to 20 percent; make the {} red; toggle the {};
    set the {} to 50 percent; could you turn off the {} for me; brighten the {}; set {} to warm white; the {} should be on;
    turn the {} off in the bedroom"""),
    (SWITCHES, """turn on the {}; turn off the {}; switch the {} on; {} off; please start the {}; toggle the {};
    would you mind turning the {} off; stop the {}; i need the {} on; power down the {}; turn on the {} in the kitchen"""),
    (COVERS, """open the {}; close the {}; set the {} to 40 percent; lower the {}; raise the {} a little; {} down; stop the {};
    is it possible to open the {}; shut the {} now; {} halfway"""),
    (LOCKS, "lock the {}; unlock the {}; open the {}; {} lock; make sure the {} is locked"),
    (CLIMATES, """set the {} to 22 degrees; turn up the {}; turn off the {}; make the {} 2 degrees warmer; {} to 19;
    put the {} on heat; switch on the {}"""),
    (PLAYERS, """pause the {}; mute the {}; set the volume of the {} to 30; turn on the {}; turn the {} down; next song on the {};
    play jazz on the {}"""),
    (FANS, "turn on the {}; {} off; set the {} to 50 percent; speed up the {}; switch the {} to full speed; stop the {}"),
    (ROBOTS, "start the {}; send the {} home; turn on the {}; dock the {}; stop the {}"),
    (SCENES, "activate {}; start {}; turn on {}; set the scene {}"),
]


def split(text):
    return [part.strip() for part in text.replace("\n    ", " ").split(";")]


def sentences():
    for names, shapes in SHAPES:
        for shape, name in itertools.product(split(shapes), split(names)):
            yield shape.replace("{}", name)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    seed = sys.argv[2] if len(sys.argv) > 2 else "1"
    chosen = sorted(set(sentences()), key=lambda text: zlib.crc32((seed + ":" + text).encode()))
    print("\n".join(chosen[:count]))


main()
