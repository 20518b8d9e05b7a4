"""One question to a Home Assistant, for tests/ha/run; needs aiohttp, which Home Assistant brings along.

    ha_client.py URL onboard                        makes the first user; prints a long-lived token
    ha_client.py URL TOKEN flow HANDLER JSON        runs a config flow with that input; prints how it ended, and the title
    ha_client.py URL TOKEN say AGENT TEXT           says a sentence to a conversation agent; prints the kind of answer and the answer
    ha_client.py URL TOKEN state ENTITY_ID          prints the state
    ha_client.py URL TOKEN ask TYPE [JSON]          sends that message over the WebSocket; prints the result
"""
import asyncio
import json
import sys

import aiohttp

CLIENT = "http://hearth.test/"


async def post(session, path, data, token=None, form=False):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    body = {"data": data} if form else {"json": data}
    async with session.post(path, headers=headers, **body) as response:
        answer = await response.json()
        assert response.status in (200, 201), f"{path}: {response.status} {answer}"
        return answer


async def ask(session, token, kind, fields):
    async with session.ws_connect("/api/websocket", max_msg_size=0) as socket:
        await socket.receive_json()
        await socket.send_json({"type": "auth", "access_token": token})
        assert (await socket.receive_json())["type"] == "auth_ok"
        await socket.send_json({"id": 1, "type": kind, **fields})
        answer = await socket.receive_json()
        assert answer["success"], answer
        return answer["result"]


async def onboard(session):
    user = {"client_id": CLIENT, "name": "Test", "username": "test", "password": "a test's password", "language": "en"}
    code = (await post(session, "/api/onboarding/users", user))["auth_code"]
    grant = {"grant_type": "authorization_code", "code": code, "client_id": CLIENT}
    token = (await post(session, "/auth/token", grant, form=True))["access_token"]
    for step in ("core_config", "analytics"):
        await post(session, f"/api/onboarding/{step}", {}, token)
    await post(session, "/api/onboarding/integration", {"client_id": CLIENT, "redirect_uri": CLIENT}, token)
    return await ask(session, token, "auth/long_lived_access_token", {"client_name": "hearth", "lifespan": 1})


async def flow(session, token, handler, data):
    started = await post(session, "/api/config/config_entries/flow", {"handler": handler, "show_advanced_options": False}, token)
    ended = await post(session, f"/api/config/config_entries/flow/{started['flow_id']}", json.loads(data), token)
    return f"{ended['type']} {ended.get('title', ended.get('errors', ended.get('reason')))}"


async def say(session, token, agent, text):
    answer = await post(session, "/api/conversation/process", {"text": text, "language": "en", "agent_id": agent}, token)
    response = answer["response"]
    return f"{response['response_type']}: {response['speech']['plain']['speech']}"


async def state(session, token, entity_id):
    async with session.get(f"/api/states/{entity_id}", headers={"Authorization": f"Bearer {token}"}) as response:
        return (await response.json()).get("state", "not there")


async def main(url, *words):
    async with aiohttp.ClientSession(url) as session:
        if words == ("onboard",):
            print(await onboard(session))
            return
        token, what, *rest = words
        if what == "ask":
            print(json.dumps(await ask(session, token, rest[0], json.loads(rest[1]) if len(rest) > 1 else {})))
        else:
            print(await {"flow": flow, "say": say, "state": state}[what](session, token, *rest))


asyncio.run(main(*sys.argv[1:]))
