"""What the user set: the environment, and the YAML files of a workspace."""

from cdp.settings.environment import Settings
from cdp.settings.one_of import OneOf
from cdp.settings.workspace import Declared, Strict, Workspace, line_of, load

__all__ = ["Declared", "OneOf", "Settings", "Strict", "Workspace", "line_of", "load"]
