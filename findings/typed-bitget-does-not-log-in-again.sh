#!/bin/sh
# typed-bitget: once its line was cut, a client is refused every private stream.
#
# "New work reconnects transparently": a cut is raised in the streams of that line, and the next subscription opens another
# one. The client remembers that it has logged in, though, and asks for its orders on the new line without a login. Bitget
# refuses that (30004), each time, until the program throws the client away; public streams come back meanwhile.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet typed-bitget==0.6.0 typed-core==0.13.0 websockets==17.4
cat >"$work/show.py" <<'PYTHON'
import asyncio
import importlib.metadata
import json
import logging
import sys

import websockets.asyncio.server
from typed_bitget.core.auth import Credentials
from typed_bitget.core.transport.ws.uta import UtaSocketStreamClient
from typed_bitget.uta_streams import UtaStreams

logging.disable()
asked = []


async def venue(line):
    mine = []
    asked.append(mine)
    async for message in line:
        said = json.loads(message)
        mine.append(said["op"])
        if said["op"] == "login":
            answer = {"event": "login", "code": "0", "msg": ""}
        elif "login" in mine:
            answer = {"event": said["op"], "arg": said["args"][0], "connId": "c0ffee01"}
        else:
            answer = {"event": "error", "arg": said["args"][0], "code": "30004", "msg": "User not logged in"}
        await line.send(json.dumps(answer))


async def subscribe(streams):
    try:
        await asyncio.wait_for(streams.orders("UTA").connect(), 5)
    except Exception as error:
        return "30004" if "30004" in str(error) else repr(error)
    return "subscribed"


async def main():
    server = await websockets.asyncio.server.serve(venue, "127.0.0.1", 0)
    url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    credentials = Credentials(access_key="key", secret_key="secret", passphrase="phrase")
    client = UtaSocketStreamClient.new(public_url=url, private_url=url, credentials=credentials)
    async with client:
        streams = UtaStreams(client=client)
        found = [await subscribe(streams)]
        for line in list(server.connections):
            line.transport.abort()
        await asyncio.sleep(0.5)
        found += [await subscribe(streams) for _ in range(3)]
    server.close()
    return found


print("typed-bitget", importlib.metadata.version("typed-bitget"))
found = asyncio.run(main())
print("before the cut:", found[0])
print("after it:", ", ".join(found[1:]))
lines = [mine for mine in asked if mine]
print("asked on the lines:", lines)
again = found == ["subscribed", "30004", "30004", "30004"] and not any("login" in mine for mine in lines[1:])
sys.exit(0 if again else "this has changed")
PYTHON
"$work/venv/bin/python" "$work/show.py"
