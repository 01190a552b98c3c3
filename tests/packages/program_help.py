"""What the programs say of themselves, as data."""

import os
import pathlib
import re
import subprocess

import debian_packages

PROGRAMS = {"stile": os.environ.get("STILE", str(debian_packages.BUILD / "bin/stile")),
            "stiled": os.environ.get("STILED", str(debian_packages.BUILD / "bin/stiled"))}


class Help:
    """The help of a program or of one of its commands."""

    def __init__(self, program, *command):
        self.name = (program, *command)
        text = subprocess.run([PROGRAMS[program], *command, "--help"], check=True, text=True,
                              stdout=subprocess.PIPE).stdout
        self.options = set(re.findall(r"^  (?:-\w,)?(--[\w-]+)", text, re.MULTILINE))
        listed = text.partition("\nSubcommands:\n")[2]
        self.commands = re.findall(r"^  ([\w-]+) ", listed, re.MULTILINE)
        self.values = {name: set(values.split(",")) for name, values in re.findall(
            r"^  (?:-\w,)?(--[\w-]+|\w+) TEXT[^{\n]*:\{([^}]*)\}", text, re.MULTILINE)}


def every_help(program):
    """The help of a program, of its commands, and of theirs."""
    helps = [Help(program)]
    for found in helps:
        helps.extend(Help(*found.name, command) for command in found.commands)
    return helps


def folder_with_programs(folder):
    """Links to the programs under their own names, for what looks them up."""
    for name, path in PROGRAMS.items():
        (pathlib.Path(folder) / name).symlink_to(pathlib.Path(path).resolve())
    return folder
