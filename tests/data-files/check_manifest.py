#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The Flatpak manifest parses, builds this tree with Meson and asks for no more than it needs.

check_manifest.py SOURCE_ROOT
"""
import json
import pathlib
import sys

# The host's files: a vault is safe to open only with the journal or log that lies beside it,
# and a file handed over alone by the document portal has neither.
ALLOWED = {"--share=ipc", "--socket=wayland", "--socket=fallback-x11", "--socket=pulseaudio",
           "--device=dri", "--filesystem=host"}

root = pathlib.Path(sys.argv[1])
name = "io.github.coffervault.Coffer"
manifest = json.loads((root / "flatpak" / (name + ".json")).read_text(encoding="utf-8"))

assert manifest["id"] == name, manifest["id"]
assert manifest["runtime"] == "org.gnome.Platform"
assert manifest["sdk"] == "org.gnome.Sdk"
assert manifest["command"] == "coffer"
more = set(manifest["finish-args"]) - ALLOWED
assert not more, "permissions that were not asked for before: %s" % sorted(more)
module = manifest["modules"][-1]
assert module["buildsystem"] == "meson"
source, = module["sources"]
assert source["type"] == "dir"
tree = (root / "flatpak" / source["path"]).resolve()
assert (tree / "meson.build").is_file(), tree
options = (tree / "meson_options.txt").read_text(encoding="utf-8")
for option in module["config-opts"]:
    key = option[2:].split("=")[0]
    assert "option('%s'" % key in options or key == "buildtype", option
