"""Asks as Home Assistant's conversation entity does, with its library: describe, then one connection for each sentence."""
import asyncio
import json
import sys

from wyoming.asr import Transcript
from wyoming.client import AsyncTcpClient
from wyoming.handle import Handled, NotHandled
from wyoming.info import Describe, Info
from wyoming.intent import Intent, NotRecognized
from wyoming.ping import Ping, Pong

port, version, mode = int(sys.argv[1]), sys.argv[2], sys.argv[3]
several = version >= "1.9"


async def ask(request, final, count=1):
    """The events up to the `count`-th one that `final` knows."""
    events = []
    async with AsyncTcpClient("127.0.0.1", port) as client:
        await client.write_event(request.event())
        while sum(final(e.type) for e in events) < count:
            event = await asyncio.wait_for(client.read_event(), timeout=5)
            assert event is not None, "connection lost"
            events.append(event)
    return events


async def say(text, count=1):
    request = Transcript(text=text, language="en", context={"conversation_id": "01J"})
    kinds = (Handled, NotHandled, NotRecognized, Intent)
    return await ask(request, lambda t: any(kind.is_type(t) for kind in kinds), count)


async def malformed():
    """What is no event ends that connection, with an error where one can be said; the next one is served."""
    for wrong in (b"not JSON\n", b'{"type":7}\n', b'{"type":"transcript","data_length":-1}\n', b'{"type":"transcript","data_length":9}\n{"text":7}',
                  b'{"type":"transcript"}\n', b"\xff\xfe\n"):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(wrong)
        writer.write_eof()
        answer = await asyncio.wait_for(reader.read(), timeout=5)
        assert not answer or json.loads(answer.split(b"\n")[0])["type"] in ("error", "not-recognized"), (wrong, answer)
        writer.close()


async def crowd():
    """A hundred connections at once, each with a sentence of its own: each gets its own answer."""
    asked = ["turn on the pump", "colourless green ideas"] * 50
    answers = await asyncio.gather(*(say(text) for text in asked))
    for text, (answer, *_) in zip(asked, answers):
        assert NotRecognized.is_type(answer.type) == (text != "turn on the pump"), (text, answer.type)


async def main():
    info = Info.from_event((await ask(Describe(), Info.is_type))[0])
    programs = info.handle if mode == "handle" else info.intent
    assert len(programs) == 1 and not (info.intent if mode == "handle" else info.handle)
    program = programs[0]
    assert program.installed and program.name == "hearth" and program.models[0].languages == ["en"]
    assert getattr(program, "supports_home_control", mode == "handle") == (mode == "handle") or mode == "intent"
    assert Pong.from_event((await ask(Ping(text="x"), Pong.is_type))[0]).text == "x"

    assert NotRecognized.from_event((await say("colourless green ideas"))[0]).text
    assert NotHandled.from_event((await say("turn on the sauna"))[0]).text
    await malformed()
    await crowd()
    one = (await say("turn on the pump"))[0]
    three = "turn on the pump, the heater and the fan"
    if mode == "handle":
        assert "Pump" in Handled.from_event(one).text
        answer = Handled.from_event((await say(three))[0]).text
        assert all(name in answer for name in ("Pump", "Heater", "Fan")), answer
        return
    intent = Intent.from_event(one)
    assert (intent.name, intent.entities[0].name, intent.entities[0].value) == ("HassTurnOn", "name", "Pump")
    if not several:
        assert NotHandled.from_event((await say("turn on the pump and the heater"))[0]).text
        return
    from wyoming.intent import IntentsStart
    events = await say("turn on the pump and the heater", 2)
    assert IntentsStart.is_type(events[0].type)
    assert [Intent.from_event(e).entities[0].value for e in events[1:]] == ["Pump", "Heater"]
    events = await say(three, 3)
    assert [Intent.from_event(e).entities[0].value for e in events[1:]] == ["Pump", "Heater", "Fan"]


asyncio.run(main())
