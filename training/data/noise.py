"""What speech-to-text and hurried speakers do to a sentence. Words come as [word, tag]; tagged words are names (kept, now and
then misspelt), copied text or numbers (never touched)."""
HOMOPHONES = {"light": ["lite"], "lights": ["lites", "light"], "off": ["of"], "blinds": ["blinds"], "two": ["to"], "their": ["there"], "whats": ["what is", "wats"],
              "turn": ["tern", "turned"], "dim": ["them"], "fan": ["van"], "lock": ["look"], "set": ["sit"], "volume": ["volumes"], "play": ["plate"], "the": ["da"],
              "temperature": ["temperatur", "temprature"], "is": ["as"], "close": ["clothes"], "pause": ["paws"], "for": ["four"], "hey": ["hay"], "brightness": ["britness"],
              "heating": ["eating"], "curtains": ["curtain"], "minutes": ["minute"], "percent": ["per sent"], "degrees": ["degree"], "please": ["pleas"]}
BEFORE = ["please", "hey", "can you", "could you", "could you please", "would you", "ok", "okay", "hi", "i want you to", "i would like you to", "id like you to", "go ahead and",
          "now", "just", "so", "alright", "well", "quickly", "can you please", "will you", "lets", "right", "hello", "hey there", "i need you to", "yo", "actually", "and"]
QUESTION_BEFORE = ["hey", "please tell me", "tell me", "ok", "so", "do you know", "can you tell me", "quick question", "hi", "well", "excuse me", "and", "sorry"]
AFTER = ["please", "now", "thanks", "thank you", "right now", "for me", "would you", "will you", "if you can", "ok", "okay", "right away", "quickly", "could you", "immediately"]
QUESTION_AFTER = ["please", "right now", "at the moment", "now", "currently", "thanks"]
# Other words for the same, one direction a line; said in place of each other where no name is touched.
SAME = """turn on = switch on = power on = turn on
turn off = switch off = power off = shut off = turn off
switch on = turn on
switch off = turn off = shut off
close = shut
shut = close
set = change = adjust = put = set
increase = raise = turn up = bump up
decrease = lower = reduce = turn down = drop
raise = increase = bring up
lower = decrease = bring down
could you = can you = would you = will you
can you = could you = would you
would you = could you = can you
i want = id like = i would like = i need
id like = i want = i would like
the = my = our = the = the = that
all the = every one of the = all of the = all
whats = what is
what is = whats
is the = is the = is my = is that
tell me = let me know = say
start = begin = kick off
stop = halt
please = kindly = pls = if you would
everything = all of it = every single thing
make sure = check that = ensure
a bit = a little = slightly = somewhat
a little = a bit = a touch
show me = tell me = give me
how many = what number of
quickly = fast
lights = lights = lamps = lighting
everyone = everybody = the whole family
brighter = lighter
darker = dimmer
warmer = hotter
cooler = colder
louder = noisier
quieter = softer"""
SYNONYMS = {}
for _line in SAME.splitlines():
    _first, *_rest = (tuple(x.split()) for x in _line.split(" = "))
    SYNONYMS[_first] = _rest
LEADS = """its getting dark; im going to bed; the kids are asleep; were off out now; guests are coming; im home; its freezing in here; im boiling; ive got my hands full;
im in the bath; before i forget; while youre at it; the sun is in my eyes; dinners nearly ready; its late; good morning; the babys sleeping; movie time; im working from home today;
i cant see a thing; its been a long day; theres someone at the door; mums coming round; the dog needs to go out; its raining; were having a party; i just woke up; im about to leave;
its a school night; ive got a headache; somebodys coming over; its way too early; my wife is asleep; the neighbours complained; im reading; were watching a film; ive had enough;
im not feeling well; its so hot today; the delivery is here; were all in bed; i forgot again; listen; one more thing; quick one; just so you know; as usual; like every evening;
since nobodys here; i think its time; for the love of god; be a dear; do me a favour; hey listen; oh and; by the way; honestly; look; okay then; right then; so yeah; hmm well; now then;
sorry to bother you; when you have a moment; if its not too much trouble; my hands are dirty; im cooking; im on the phone; the cats on my lap; i cant reach it; im too lazy to get up"""
TAILS = """its too bright; im going to sleep; so i can see; before i go; the kids are sleeping; its freezing; im leaving; we have guests; thanks a lot; cheers; love; mate; darling; my dear; if you dont mind;
for a while; for the night; as soon as you can; its driving me mad; i cant sleep; i need to concentrate; like i said; and hurry; im begging you; before mum sees; so the cat can get in; while im cooking;
its getting late; because im cold; because its dark; since im here; for the guests; im not kidding; again; like yesterday; as always; when you can; thats all; that would be great; there is a good machine;
i forgot; i think; you know; or something; its annoying; my eyes hurt; were leaving; i am done here; for god's sake; before the film starts"""
LEADS = [x.strip().split() for x in LEADS.replace("\n", " ").split(";")]
TAILS = [x.strip().replace("'", "").split() for x in TAILS.replace("\n", " ").split(";")]
FREE_TAIL = ("HassStartTimer", "HassBroadcast", "HassMediaSearchAndPlay", "HassListAddItem", "HassShoppingListAddItem", "HassListCompleteItem", "HassShoppingListCompleteItem")
LETTERS = "abcdefghijklmnopqrstuvwxyz"
QUESTIONS = ("HassGetState", "HassClimateGetTemperature", "HassGetWeather", "HassGetCurrentTime", "HassGetCurrentDate", "HassTimerStatus")
SOCIAL = ("HassRespond", "HassNevermind")


def typo(rng, word):
    """One slip in a word of four letters or more."""
    if len(word) < 4 or not word.isalpha():
        return word
    i, kind = rng.randrange(1, len(word)), rng.random()
    if kind < 0.3:
        return word[:i] + word[i + 1:]
    if kind < 0.55:
        return word[:i] + word[i] + word[i:]
    if kind < 0.8 and i + 1 < len(word):
        return word[:i] + word[i + 1] + word[i] + word[i + 2:]
    return word[:i] + rng.choice(LETTERS) + word[i + 1:]


def reword(rng, tokens, share=0.12):
    """Says some words otherwise (see SAME), tagged ones never."""
    out, i = [], 0
    while i < len(tokens):
        for n in (2, 1):
            part = tokens[i:i + n]
            key = tuple(w for w, _ in part)
            if len(part) == n and key in SYNONYMS and all(t is None for _, t in part) and rng.random() < share:
                out += [[w, None] for w in rng.choice(SYNONYMS[key])]
                i += n
                break
        else:
            out.append(tokens[i])
            i += 1
    return out


def chatty(rng, tokens, tools):
    """A clause before or behind that has nothing to do with it; never behind text that is to be copied."""
    if rng.random() < 0.05:
        tokens = [[w, None] for w in rng.choice(LEADS)] + tokens
    if rng.random() < 0.035 and not any(t in FREE_TAIL for t in tools):
        tokens = tokens + [[w, None] for w in rng.choice(TAILS)]
    return tokens


def carriers(rng, tokens, tools):
    """'please', 'can you' and the like before or behind."""
    social = any(t in SOCIAL for t in tools)
    if social or not tools:
        return tokens
    question = tools[0] in QUESTIONS
    first = tokens[0][0] if tokens else ""
    if rng.random() < 0.16 and not (question and first in ("can", "could")):
        tokens = [[w, None] for w in rng.choice(QUESTION_BEFORE if question else BEFORE).split()] + tokens
    if rng.random() < 0.10 and (not tokens or tokens[-1][1] is None or tokens[-1][1][0] in "en"):
        tokens = tokens + [[w, None] for w in rng.choice(QUESTION_AFTER if question else AFTER).split()]
    return tokens


def disturb(rng, tokens, level=1.0):
    """Dropped articles, doubled words, homophones, typos, joined and split names."""
    out = []
    for i, (w, tag) in enumerate(tokens):
        r = rng.random() / level
        if tag is None:
            if w in ("the", "a", "my") and r < 0.08:
                continue
            if w in HOMOPHONES and r < 0.015:
                out += [[x, None] for x in rng.choice(HOMOPHONES[w]).split()]
                continue
            if r < 0.004:
                out.append([w, None])
            elif r < 0.012:
                w = typo(rng, w)
        elif tag[0] == "e":
            if r < 0.02:
                w = typo(rng, w)
            elif r < 0.035 and w.isalpha() and len(w) > 3:
                w = w[:-1] if w.endswith("s") else w + "s"
            elif r < 0.045 and out and out[-1][1] == tag and w.isalpha() and out[-1][0].isalpha():
                out[-1][0] += w
                continue
            elif r < 0.05 and len(w) > 7 and w.isalpha():
                cut = rng.randint(3, len(w) - 3)
                out.append([w[:cut], tag])
                w = w[cut:]
        out.append([w, tag])
    return out or tokens
