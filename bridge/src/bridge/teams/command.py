"""`bridge teams`: what an administrator of Microsoft Teams needs to let the bot in."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bridge.options import EXIT_CODES, OutputOption
from bridge.output import Output, print_error, print_json
from bridge.teams.manifest import Developer, TeamsApp, Words, front_page, problems
from bridge.teams.package import package

DESCRIPTION = "Work in Jira from Teams, as yourself, and hear of its changes."
FULL_DESCRIPTION = (
    "Show, create, comment, assign and move issues of your company's Jira Data Center by writing to a bot. It acts as"
    " you, after you allowed it in Jira once, with the rights that you have there. Channels and chats can subscribe to"
    " projects and hear of their changes. What you connected, you can take back at any time: write disconnect, or"
    " delete my data."
)
NEXT = "Upload it in the Teams admin center: Teams apps, Manage apps, Actions, Upload new app."

app = typer.Typer(help="The app with which people in Teams find the bot.", epilog=EXIT_CODES, no_args_is_help=True)


@app.callback()
def teams() -> None:
    """Keep `package` a command of its own, although it is the only one."""


BotOption = Annotated[
    str, typer.Option("--bot-app-id", envvar="BRIDGE_BOT_APP_ID", help="The Azure bot's application (client) id.")
]
HostOption = Annotated[
    list[str], typer.Option("--host", help="Host on which people reach tenant-registry; give it again for more.")
]
NameOption = Annotated[str, typer.Option("--name", help="What the app is called, up to 30 characters.")]
FullNameOption = Annotated[
    str | None, typer.Option("--full-name", help="Its longer name, up to 100; --name when left out.")
]
VersionOption = Annotated[
    str, typer.Option("--app-version", help="Three numbers; Teams takes a new upload with a higher one.")
]
ColourOption = Annotated[str, typer.Option("--accent-colour", help="Ground of the icon: # and six hex digits.")]
DescriptionOption = Annotated[str, typer.Option("--description", help="One line, up to 80 characters.")]
FullDescriptionOption = Annotated[str, typer.Option("--full-description", help="Up to 4000 characters.")]
DeveloperOption = Annotated[
    str | None, typer.Option("--developer", help="Who offers it, up to 32 characters; --name when left out.")
]
WebsiteOption = Annotated[
    str | None, typer.Option("--website-url", help="Where people find help; the first host's page when left out.")
]
PrivacyOption = Annotated[
    str | None, typer.Option("--privacy-url", help="Your privacy statement; --website-url when left out.")
]
TermsOption = Annotated[str | None, typer.Option("--terms-url", help="Your terms of use; --website-url when left out.")]
AppIdOption = Annotated[
    str | None, typer.Option("--app-id", help="The app's own id; keep it over all versions; the bot's when left out.")
]
FileOption = Annotated[Path, typer.Option("--to", help="The zip file to write; one that is there is not touched.")]


@app.command("package", epilog=EXIT_CODES)
def write_package(
    bot_app_id: BotOption,
    host: HostOption,
    name: NameOption = "Bridge",
    full_name: FullNameOption = None,
    app_version: VersionOption = "1.0.0",
    accent_colour: ColourOption = "#0B5CAD",
    description: DescriptionOption = DESCRIPTION,
    full_description: FullDescriptionOption = FULL_DESCRIPTION,
    developer: DeveloperOption = None,
    website_url: WebsiteOption = None,
    privacy_url: PrivacyOption = None,
    terms_url: TermsOption = None,
    app_id: AppIdOption = None,
    to: FileOption = Path("bridge-teams.zip"),
    output: OutputOption = Output.TEXT,
) -> None:
    """Write the Teams app package: manifest and icons in a zip file, ready to upload.

    For example: bridge teams package --bot-app-id $APP_ID --host bridge.example.com --name Bridge
    """
    website = website_url or front_page(host[0])
    wanted = TeamsApp(
        bot_app_id=bot_app_id,
        app_id=app_id or bot_app_id,
        hosts=tuple(host),
        version=app_version,
        accent_colour=accent_colour,
        words=Words(name, full_name or name, description, full_description),
        developer=Developer(developer or name, website, privacy_url or website, terms_url or website),
    )
    if wrong := problems(wanted):
        print_error("\n".join(wrong))
        raise typer.Exit(2)
    _write(to, package(wanted))
    _tell(wanted, to, output)


def _write(file: Path, content: bytes) -> None:
    """Write a new file; where that cannot be done the command ends."""
    try:
        with file.open("xb") as opened:
            opened.write(content)
    except FileExistsError:
        print_error(f"{file} is there already: remove it, or write another with --to.")
        raise typer.Exit(2) from None
    except OSError as error:
        print_error(f"{file} cannot be written: {error.strerror}.")
        raise typer.Exit(2) from None


def _tell(written: TeamsApp, file: Path, output: Output) -> None:
    if output is Output.JSON:
        return print_json(
            {
                "file": str(file),
                "id": written.app_id.lower(),
                "botId": written.bot_app_id.lower(),
                "name": written.words.name,
                "version": written.version,
                "validDomains": list(dict.fromkeys(written.hosts)),
            }
        )
    Console().print(f"{file}: {written.words.name} {written.version}. {NEXT}", markup=False, highlight=False)
    return None
