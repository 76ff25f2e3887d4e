"""An application with the files of the guide to clients, and the commands that it takes."""

import asyncio
import shutil
import sys
from pathlib import Path

from tests.clients.guide import printed_manifests, write_files
from tests.support.programs import run_program

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
#: The drivers that Node runs, and the guide's script that writes urql's manifest.
DRIVERS = ("apollo", "urql", "relay", "requests", "live")
SCRIPTS = (*(f"drivers/{name}.ts" for name in DRIVERS), "src/urql/manifest.ts")

missing = (
    "Node or npm are missing"
    if not (shutil.which("node") and shutil.which("npm"))
    else "the packages that `make test` installs are missing"
    if not MODULES.exists()
    else ""
)


class Application:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self) -> None:
        """Write the files of the guide and the drivers."""
        write_files(self.folder)
        shutil.copytree(HERE / "drivers", self.folder / "drivers")
        for name in ("bundle.mjs", "package.json"):
            shutil.copy(HERE / name, self.folder)
        (self.folder / "node_modules").symlink_to(MODULES, target_is_directory=True)
        # The guide's configuration includes an application; its drivers are type-checked too.
        (self.folder / "tsconfig.all.json").write_text(
            '{"extends": "./tsconfig.json", "include": ["codegen.ts", "src", "drivers"]}'
        )
        # Relay's compiler adds to the file of documents, which the guide says to create.
        (self.folder / "src/relay/documents.json").write_text("{}")

    async def generate(self) -> None:
        """Run the tools of the guide: they write types, documents and manifests."""
        await asyncio.gather(
            self.run("node", script("@graphql-codegen/cli/esm/bin.js")),
            self.run("node", script("gql.tada/bin/cli.js"), "generate-output"),
            self.run("node", script("relay-compiler/cli.js")),
            self.run("node", script(".bin/generate-persisted-query-manifest")),
            self.run(sys.executable, "python/write_documents.py"),
        )
        await self.run("node", "bundle.mjs", *SCRIPTS)
        await self.run("node", "dist/src/urql/manifest.mjs")

    async def check_types(self) -> None:
        await self.run("node", script("typescript-native/bin/tsc"), "-p", "tsconfig.all.json")

    async def register(self, url: str) -> str:
        """Register the documents of all manifests."""
        return await self.run(
            *(sys.executable, "-c", "from graph.cli import main; main()"),
            *("documents", "add", *printed_manifests()),
            TASKLOOM_DATABASE_URL=url,
        )

    async def drive(self, driver: str, **settings: str) -> str:
        """Run the tests of a driver."""
        # Before Node.js 22, WebSocket is experimental.
        options = ("--experimental-websocket", "--no-warnings", "--test-reporter=spec",
                   "--test-reporter-destination=stdout")  # fmt: skip
        return await self.run("node", *options, f"dist/drivers/{driver}.mjs", **settings)

    async def run(self, *command: str, **settings: str) -> str:
        """Run a command in the folder; return what it prints. It must succeed within a minute."""
        settings = {"NO_COLOR": "1", **settings}
        return await run_program(*command, folder=self.folder, seconds=60, **settings)


def script(path: str) -> str:
    return str(MODULES / path)
