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
