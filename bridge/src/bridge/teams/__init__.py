"""The Teams app package: the manifest, the icons, and the command that makes one of them."""
