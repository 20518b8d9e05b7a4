"""The words that names and free text are made of, in a training part and a held-out part that share no word.

Every pool is cut by a hash of its words, so that adding a word moves no other from one side to the other.
"""
import hashlib
import os

HERE = os.path.dirname(os.path.abspath(__file__))


def _lines(text):
    return [w.strip() for w in text.replace("\n", ",").split(",") if w.strip()]


def held_out(word, parts=4):
    """True for the share 1/parts of all words that training names never use."""
    return hashlib.md5(word.lower().encode()).digest()[0] % parts == 0


def cut(words, common=0):
    """words -> (training part, held-out part); the first `common` words, which every home has, are always trained on."""
    kept = set(words[:common])
    return [w for w in words if w in kept or not held_out(w)], [w for w in words if w not in kept and held_out(w)]


AREAS = _lines("""Kitchen, Living Room, Bedroom, Bathroom, Hallway, Dining Room, Office, Garage, Garden, Attic, Basement, Laundry Room,
Guest Room, Master Bedroom, Nursery, Study, Patio, Terrace, Balcony, Porch, Utility Room, Pantry, Conservatory, Lounge, Den, Library,
Playroom, Workshop, Shed, Greenhouse, Front Yard, Back Yard, Driveway, Entrance, Entryway, Foyer, Landing, Stairs, Staircase, Cellar,
Wine Cellar, Home Theater, Cinema, Gym, Sauna, Pool, Pool House, Hot Tub, Mudroom, Closet, Walk-in Closet, Dressing Room, En Suite,
Guest Bathroom, Kids Room, Kids Bathroom, Family Room, Sun Room, Sunroom, Loft, Game Room, Music Room, Craft Room, Sewing Room, Storage,
Storage Room, Server Room, Boiler Room, Corridor, Hall, Upstairs Hall, Downstairs Hall, Toilet, WC, Powder Room, Bar, Breakfast Nook,
Kitchenette, Orangery, Veranda, Deck, Roof Terrace, Courtyard, Carport, Barn, Stable, Studio, Recording Studio, Lab, Meeting Room,
Reception, Box Room, Cloakroom, Scullery, Drawing Room, Parlor, Snug, Reading Nook, Spare Room, Teenager Room, Baby Room, Au Pair Room,
Granny Flat, Annex, Guest House, Cabin, Tent, Camper, Boat, Wohnzimmer, Küche, Schlafzimmer, Badezimmer, Flur, Salon, Cuisine, Chambre,
Cocina, Dormitorio, Cucina, Soggiorno, Keittiö, Kök, Vardagsrum, Woonkamer, Slaapkamer, Back Garden, Front Garden, Front Room,
Main Bathroom, Main Bedroom, Small Bedroom, Big Bedroom, Blue Room, Red Room, Green Room, Yellow Room, Bedroom 1, Bedroom 2, Bedroom 3,
Room 1, Room 2, Room 101, Flat 2, Kitchen Island, Dining Area, Entertainment Room, Media Room, Computer Room, Hobby Room, Man Cave, She Shed,
Chicken Coop, Dog House, Cat Room, Plant Room, Rumpus Room, Great Room, Bonus Room, Butlers Pantry, Ironing Room, Lobby, Vestibule, Elevator,
Observatory, Chapel, Tower, Dungeon, Batcave, Bridge, Engine Room, Crows Nest""")

FLOORS = _lines("""Ground Floor, First Floor, Second Floor, Third Floor, Upstairs, Downstairs, Basement, Attic, Top Floor, Main Floor, Lower Level,
Upper Floor, Lower Floor, Mezzanine, Rooftop, Outside, Outdoors, Level 1, Level 2, Floor 1, Floor 2, Erdgeschoss, Obergeschoss, Middle Floor,
Fourth Floor, Penthouse, Cellar, Underground, Garden Level, Half Landing, Entresol, Guest Wing, East Wing, West Wing, Annexe""")

PEOPLE = _lines("""Anna, Ben, Charlie, David, Emma, Frank, Grace, Henry, Isla, Jack, Kate, Liam, Mia, Noah, Olivia, Paul, Quinn, Ruby, Sam, Tom, Uma,
Victor, Will, Xavier, Yara, Zoe, Alice, Bob, Clara, Dan, Ella, Felix, Georgia, Hugo, Ines, Jonas, Karl, Lena, Max, Nina, Oscar, Petra, Rosa,
Stefan, Tina, Ursula, Vera, Walter, Aisha, Mohammed, Priya, Raj, Mei, Hiro, Yuki, Chen, Sofia, Mateo, Lucia, Diego, Carmen, Pierre, Amelie,
Jean, Giulia, Marco, Luca, Ingrid, Sven, Lars, Bjorn, Astrid, Freya, Olga, Dmitri, Ivan, Katya, Mom, Dad, Grandma, Grandpa, Granny, Nana,
Auntie, Uncle Joe, Joe, Jill, Steve, Mike, Sarah, Laura, Peter, Mary, John, Lucy, Harry, Sophie, Ella Rose, Kevin, Brian, Karen, Tyler, Megan,
Owen, Rhys, Siobhan, Niamh, Declan, Fergus, Angus, Morag, Baby, Nanny, Boris, Elvis, Merlin, Gandalf, Frodo, Leia, Chewie""")

BRANDS = _lines("""Philips, Hue, IKEA, Sonos, Shelly, Tasmota, Aqara, Xiaomi, Tuya, Sonoff, Nest, Ecobee, Tado, Roborock, Roomba, Dyson, LG, Samsung,
Sony, Bose, Denon, Yamaha, Marantz, Panasonic, Bosch, Siemens, Miele, AEG, Whirlpool, Nuki, Yale, August, Schlage, Ring, Arlo, Eufy, Reolink,
Unifi, Wyze, Kasa, Meross, Govee, Nanoleaf, LIFX, WLED, Zigbee, Fibaro, Somfy, Velux, Netatmo, Honeywell, Daikin, Mitsubishi, Worx, Husqvarna,
Gardena, Tesla, Zappi, Fronius, Enphase, Apple, Google, Chromecast, Echo, Alexa, HomePod, Fire, Shield, Xbox, Playstation, Nintendo, Kodi, Plex,
Roku, Jura, Delonghi, Nespresso, Sage, Instant, Levoit, Blueair, Trådfri, Symfonisk, Fyrtur, Ledvance, Osram, Innr, Gledopto, Hoover, Neato,
Ecovacs, Deebot, Dreame, Automower, Segway""")

MODIFIERS = _lines("""left, right, front, back, big, small, main, upper, lower, old, new, north, south, east, west, middle, center, corner, side, top,
bottom, inner, outer, first, second, spare, tall, round, long, red, blue, green, white, black, yellow, pink, golden, silver, purple, orange, warm,
bright, night, day, morning, evening, reading, cozy, ambient, accent, emergency, guest, kids, desk, bed, bedside, sofa, couch, table, counter,
sink, mirror, wall, ceiling, floor, standing, hanging, window, door, shelf, cabinet, wardrobe, stair, pathway, garden, pond, tree, fence, gate,
street, backyard, tv, computer, piano, fish tank, aquarium, bar, island, cooker, stove, oven, fireplace, christmas, xmas, halloween, party, movie,
disco, lava, salt, moon, star, cloud, mushroom, crystal, paper, tiffany, retro, vintage, antique, industrial, led, neon, smart, dumb, magic, fancy,
little, giant, mini, ugly, broken, balcony, terrace, upstairs, downstairs, outdoor, indoor, rear, entry, hall, vanity, shower, bath, toilet""")

NOUNS = {
    "light": _lines("""light, lamp, lights, lamps, ceiling light, floor lamp, table lamp, desk lamp, bedside lamp, chandelier, spotlight, spots,
        spotlights, strip, led strip, light strip, bulb, lantern, downlights, pendant, pendant light, sconce, fairy lights, string lights, night light,
        nightlight, uplighter, torch, glow, backlight, ceiling, floodlight, track lights, globe, candle, candles, light bar, reading light, wall light"""),
    "switch": _lines("""switch, plug, outlet, socket, power strip, smart plug, coffee machine, coffee maker, kettle, toaster, washing machine, washer,
        dryer, tumble dryer, dishwasher, heater, printer, computer, monitor, charger, car charger, pump, pool pump, fountain, sprinkler, irrigation,
        boiler, freezer, fridge, microwave, oven, iron, towel warmer, electric blanket, router, server, nas, aquarium, aquarium pump, christmas tree,
        amplifier, subwoofer, projector, radio, extractor, hood, doorbell, bread maker, rice cooker, slow cooker, air fryer, hair dryer, treadmill,
        power, relay, immersion, underfloor heating, wallbox, guest wifi, do not disturb, 3d printer"""),
    "fan": _lines("""fan, ceiling fan, ventilator, exhaust fan, bathroom fan, tower fan, desk fan, extractor fan, air purifier, purifier, ventilation,
        air circulator, attic fan, box fan, range hood, recuperator"""),
    "cover": _lines("""blind, blinds, curtain, curtains, shade, shades, shutter, shutters, awning, garage door, gate, roller blind, roller shutter,
        drapes, venetian blind, window, skylight, roof window, door, sun shade, screen, driveway gate, damper, projector screen, pergola, hatch"""),
    "lock": _lines("lock, door, front door, back door, side door, gate, door lock, deadbolt, smart lock, safe, cellar door, garage door, shed door, "
                   "mailbox, cabinet, patio door, entrance, main door, padlock"),
    "valve": _lines("valve, water valve, gas valve, main water, sprinkler valve, irrigation valve, garden tap, tap, drip line, water main, "
                    "shutoff, hose, radiator valve, heating valve, faucet, zone 1, zone 2"),
    "climate": _lines("thermostat, heating, ac, air conditioner, air conditioning, heat pump, radiator, climate, hvac, floor heating, heater, aircon, "
                      "split unit, cooler, underfloor heating, trv, furnace"),
    "water_heater": _lines("water heater, boiler, hot water, hot water tank, geyser, immersion heater, tank, dhw"),
    "humidifier": _lines("humidifier, dehumidifier, mister, hygrostat, humidity control, diffuser"),
    "media_player": _lines("""tv, television, speaker, speakers, radio, stereo, soundbar, receiver, media player, music player, home theater, sound system,
        record player, projector, apple tv, chromecast, echo, homepod, boombox, hifi, smart tv, set top box, jukebox, sonos, kodi, turntable"""),
    "vacuum": _lines("vacuum, robot, vacuum cleaner, robot vacuum, hoover, roomba, mop, cleaner, robovac, sweeper, dust buster"),
    "lawn_mower": _lines("mower, lawn mower, robot mower, lawnmower, automower, grass cutter, mowbot"),
    "scene": _lines("""movie night, good night, good morning, dinner, relax, reading, party, romantic, bright, dim, cozy, away, home, bedtime, wake up,
        work, focus, cleaning, sunset, sunrise, energize, concentrate, nightlight, cinema, date night, game time, breakfast, tropical, winter, summer,
        chill, study, meditation, yoga, welcome home, leaving, candlelight, aurora, ocean, forest, disco, concert, sleep, tv time, rainy day"""),
    "script": _lines("""morning routine, bedtime routine, leave home, arrive home, vacation mode, water the plants, feed the cat, feed the fish, panic,
        lockdown, start the day, end of day, reboot router, open everything, wake the kids, party time, school run, laundry reminder, goodbye,
        doorbell chime, night mode, coffee time, lunch break, workout, siesta, storm mode, guest mode, fish feeding, sweep the house, bath time"""),
    "automation": _lines("""motion lights, sunset lights, night alarm, morning alarm, presence simulation, door alert, leak alert, low battery alert,
        wake up light, heating schedule, holiday mode, window reminder, bin reminder, plant reminder, sunrise blinds, welcome lights"""),
    "button": _lines("doorbell, restart, reset, identify, garage button, feeder, coffee, ring, restart router, dispense food, find phone, sync, flush, "
                     "ping, reboot, open door, call elevator"),
    "input_boolean": _lines("guest mode, vacation mode, night mode, party mode, holiday mode, kids asleep, do not disturb, quiet time, cleaning mode, "
                            "working from home, away mode, alarm enabled, eco mode, baby sleeping, dog is home, presence"),
    "siren": _lines("siren, alarm, alarm siren, smoke siren, horn, chime, klaxon, buzzer"),
    "camera": _lines("camera, doorbell camera, cam, webcam, baby monitor, nanny cam, security camera, dome camera, ptz"),
    "alarm_control_panel": _lines("alarm, house alarm, security system, alarm panel, home alarm, burglar alarm, alarmo, security, intruder alarm"),
    "person": [],
    "weather": _lines("home, weather, forecast, weather station, openweathermap, met, dark sky, buienradar, accuweather, local weather, backyard weather"),
    "todo": _lines("""shopping list, groceries, to do list, todo, chores, tasks, wish list, packing list, christmas list, hardware store, homework, weekend,
        books to read, movies to watch, garden jobs, party planning, work, errands, bucket list, diy, pharmacy, drugstore, ideas, gifts, meal plan"""),
    "select": _lines("mode, washing program, input, preset, heating mode, effect, vacuum mode, wash cycle, source, theme, house mode, irrigation program"),
    "number": _lines("delay, threshold, target, offset, limit, charge limit, volume offset, sensitivity, fan speed limit, timeout, setpoint"),
    "update": _lines("firmware, update, home assistant, core update, router firmware, supervisor, operating system, zigbee stick, bridge firmware"),
    "sensor": [], "binary_sensor": [],
}

COVER_CLASSES = {
    "blind": "blind, blinds, roller blind, venetian blind", "curtain": "curtain, curtains, drapes", "shade": "shade, shades, sun shade",
    "shutter": "shutter, shutters, roller shutter", "awning": "awning, awnings, pergola", "garage": "garage door, garage",
    "gate": "gate, driveway gate, front gate", "door": "door, hatch, sliding door", "window": "window, skylight, roof window",
    "damper": "damper, air damper, duct damper"}

SENSOR_CLASSES = {
    "temperature": "temperature, thermometer, temp", "humidity": "humidity, hygrometer", "battery": "battery, battery level",
    "power": "power, power usage, consumption", "energy": "energy, energy today, energy usage, meter", "voltage": "voltage",
    "current": "current", "illuminance": "illuminance, light level, brightness sensor, lux", "pressure": "pressure, tire pressure",
    "atmospheric_pressure": "air pressure, barometer", "aqi": "air quality, aqi", "carbon_dioxide": "co2, carbon dioxide",
    "carbon_monoxide": "carbon monoxide, co level", "pm25": "pm25, pm 2.5, particulates", "pm10": "pm10, dust", "pm1": "pm1",
    "volatile_organic_compounds": "voc, tvoc", "gas": "gas meter, gas usage", "water": "water meter, water usage",
    "moisture": "soil moisture, moisture", "precipitation": "rain, rainfall, rain gauge", "wind_speed": "wind speed, wind",
    "signal_strength": "signal, wifi signal, signal strength", "sound_pressure": "noise level, sound level", "weight": "weight, scale",
    "distance": "distance, tank level, range", "duration": "uptime, runtime", "data_rate": "download speed, upload speed, bandwidth",
    "data_size": "disk usage, memory use, storage used", "monetary": "electricity price, price, balance", "speed": "speed",
    "volume": "water volume, volume", "frequency": "frequency, grid frequency", "irradiance": "solar radiation, irradiance", "ozone": "ozone"}

BINARY_CLASSES = {
    "door": "door, front door, back door, fridge door, door sensor, contact", "window": "window, window sensor, left window, skylight",
    "motion": "motion, motion sensor, pir", "occupancy": "occupancy, presence", "smoke": "smoke detector, smoke alarm, smoke",
    "moisture": "leak sensor, water leak, leak, flood sensor", "battery": "battery, phone battery, remote battery",
    "garage_door": "garage door, garage", "opening": "mailbox, drawer, lid, cupboard", "plug": "plug, charger", "power": "power, mains",
    "connectivity": "internet, connection, printer, bridge, gateway", "problem": "washer problem, boiler fault, pump", "gas": "gas leak, gas detector",
    "carbon_monoxide": "co alarm, carbon monoxide detector", "lock": "lock, door lock", "light": "light sensor, daylight",
    "sound": "sound, noise, microphone", "vibration": "vibration, washing machine vibration", "tamper": "tamper, camera tamper",
    "running": "washing machine, dishwasher, dryer, pump", "moving": "lift, car, robot", "cold": "freezer, pipe", "heat": "stove, hob, radiator",
    "presence": "phone, keys, tag", "safety": "safety, pool fence, stove guard", "update": "firmware, update", "battery_charging": "phone, tablet, car, laptop"}

SWITCH_CLASSES = {"outlet": "outlet, plug, socket", "switch": "switch, power"}
MEDIA_CLASSES = {"tv": "tv, television", "speaker": "speaker, radio, soundbar", "receiver": "receiver, amplifier"}

GROCERIES = _lines("""milk, oat milk, bread, eggs, butter, cheese, cheddar, yogurt, apples, bananas, oranges, lemons, grapes, strawberries, tomatoes, potatoes,
onions, garlic, carrots, broccoli, spinach, lettuce, cucumber, peppers, mushrooms, chicken breast, ground beef, bacon, salmon, tuna, rice, pasta, spaghetti,
flour, sugar, salt, black pepper, olive oil, vinegar, ketchup, mayonnaise, mustard, soy sauce, coffee, coffee beans, tea bags, orange juice, sparkling water,
beer, red wine, cereal, granola, honey, jam, peanut butter, chocolate, cookies, ice cream, frozen pizza, toilet paper, paper towels, dish soap, laundry detergent,
shampoo, toothpaste, razor blades, cat food, dog food, cat litter, batteries, light bulbs, trash bags, aluminum foil, baking powder, yeast, vanilla extract,
sour cream, cream cheese, tortillas, salsa, chips, hummus, avocados, cilantro, basil, ginger, limes, nappies, diapers, baby wipes, tofu, lentils, chickpeas,
two liters of milk, a dozen eggs, six pack of beer, macaroni and cheese, salt and vinegar crisps, gluten free bread, duct tape, screws, printer paper, stamps""")

CHORES = _lines("""call the plumber, water the plants, clean the gutters, pay the rent, book a dentist appointment, mow the lawn, pick up the dry cleaning,
fix the fence, wash the car, change the air filter, renew the passport, buy a birthday card for mom, take out the trash, vacuum the stairs, feed the cat,
walk the dog, return the library books, paint the bedroom, send the invoice, email the teacher, order more filters, replace the smoke alarm battery,
charge the drill, defrost the freezer, wrap the presents, cancel the gym, update the will, sharpen the knives, oil the door, iron the shirts,
write to grandma, finish the report, study for the exam, clean the oven, descale the kettle, trim the hedge, sort the recycling, service the boiler""")

MESSAGES = _lines("""dinner is ready, the movie is starting, time to go, come downstairs, lunch is on the table, we are leaving in five minutes, the kids are home,
breakfast is served, please be quiet, the taxi is here, someone is at the door, bedtime, I am home, the laundry is done, wash your hands, the pizza has arrived,
grandma is here, turn down the music, school starts in ten minutes, the dog needs a walk, happy birthday, the game is on, come and help me, put your shoes on,
lights out in five minutes, the bus is coming, the guests have arrived, I need help in the garage, the bathroom is free, tea is ready, clean your rooms,
who took my keys, the water will be off for an hour, get ready for bed, stop fighting, we won, the baby is asleep, time for homework, the car is ready""")

TIMERS = _lines("""pizza, pasta, egg, eggs, tea, laundry, oven, nap, workout, cookies, bread, rice, chicken, study, break, parking, bath, shower, steak, roast,
cake, coffee, potatoes, homework, reading, meditation, plank, dough, ribs, soup, broccoli, washing, dryer, meeting, screen time, bedtime, brownies, turkey,
lasagna, sourdough, marinade, hair dye, face mask, medication, sprinkler, kids, garden, bbq, green beans, time out""")

SONG_WORDS = _lines("""midnight, river, summer, heart, fire, rain, blue, golden, dancing, highway, lonely, shadow, silver, moon, morning, love, city, wild,
angel, storm, broken, dream, electric, velvet, diamond, ocean, winter, crazy, sweet, forever, tonight, yesterday, freedom, stars, paper, thunder, wonder,
rose, ghost, mirror, desert, sailing, homeward, hurricane, lights, bedroom, kitchen, door, window, garden, road, train, sister, brother, queen, king, seven, black""")

ARTISTS = _lines("""queen, the beatles, miles davis, adele, radiohead, taylor swift, bach, mozart, johnny cash, daft punk, nina simone, bob marley, abba, metallica,
coldplay, fleetwood mac, david bowie, ella fitzgerald, pink floyd, the rolling stones, led zeppelin, billie eilish, ed sheeran, kendrick lamar, norah jones,
frank sinatra, u2, blink 182, rammstein, bjork, stromae, shakira, dua lipa, the clash, ac dc, arctic monkeys, beethoven, vivaldi, john coltrane, the weeknd""")

GENRES = _lines("""jazz, classical music, rock, some blues, country music, hip hop, techno, lo fi beats, reggae, heavy metal, disco, soul, christmas music, dinner music,
workout music, white noise, rain sounds, whale songs, opera, folk, bossa nova, nineties hits, eighties rock, relaxing music, kids songs, lullabies""")


def word_list():
    """Common English words (from the word list of SCOWL, see words.txt), for names nobody can foresee."""
    with open(os.path.join(HERE, "words.txt"), encoding="utf-8") as f:
        return [line.strip() for line in f if line.strip() and not line.startswith("#")]
