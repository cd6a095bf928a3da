"""After the story: type messages as Ada, and see what the bot posts anywhere."""

import asyncio
import sys
from contextlib import suppress

from rich.console import Console
from rich.text import Text

from bridge import cards
from bridge.demo.chat import Chat
from bridge.demo.failure import StepFailed
from bridge.demo.story import ADA

MARK = "Ada> "
HOW = (
    "You are Ada now. Type help, or connect: open the button's address in your browser, choose Ada Lovelace, press "
    "Allow, and type verify and the code. A line that begins with #alerts goes into the channel. quit or Ctrl-D ends."
)


async def prompt(chat: Chat, console: Console) -> None:
    """Read lines until quit or the end of input; without a terminal, only wait for Ctrl-C."""
    if not sys.stdin.isatty():
        console.print("Everything runs until Ctrl-C.")
        await asyncio.Event().wait()
    console.print(Text(HOW, "bold"))
    listening = asyncio.create_task(_listen(chat, console))
    try:
        console.print(MARK, end="")
        while (line := await _line()) not in (None, "quit", "exit"):
            if line:
                await _say(chat, line, console)
            else:
                console.print(MARK, end="")
    finally:
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening


async def _say(chat: Chat, line: str, console: Console) -> None:
    channel, _, text = line[1:].partition(" ") if line.startswith("#") else ("", "", line)
    try:
        await chat.say(ADA, text, channel or None)
    except StepFailed as failure:
        console.print(Text(str(failure), "red"))


async def _listen(chat: Chat, console: Console) -> None:
    """Draw what the bot posts, with the addresses of its buttons, since a terminal cannot be pressed."""
    try:
        async for post in chat.everything():
            console.file.write("\r")  # over the mark that waits for a line
            chat.show(post)
            for title, url in cards.open_urls(post.activity).items():
                console.print(Text(f"  {title}: {url}", "dim"), soft_wrap=True)
            console.print(MARK, end="")
    except StepFailed as failure:
        console.print(Text(str(failure), "red"))


async def _line() -> str | None:
    """One line from the terminal without holding up the rest; None at its end."""
    loop = asyncio.get_running_loop()
    readable = loop.create_future()
    loop.add_reader(sys.stdin, _settle, readable)
    try:
        await readable
    finally:
        loop.remove_reader(sys.stdin)
    line = sys.stdin.readline()
    return line.strip() if line else None


def _settle(readable: asyncio.Future[None]) -> None:
    if not readable.done():
        readable.set_result(None)
