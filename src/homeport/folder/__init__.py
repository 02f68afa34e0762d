"""The second built-in app: search and read the text files of one folder. Its tools are written on the public API only,
and nothing here ever writes to the folder.
"""

from homeport.folder.app import folder_app
from homeport.folder.text_folder import TextFolder

__all__ = ["TextFolder", "folder_app"]
