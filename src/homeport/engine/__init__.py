"""The Engine: one Homeport in one process. Knows neither tray nor dashboard; whoever shows something asks it.

`engine.engine` holds the Engine; `engine.protocol`, what can be asked of one, loads nothing heavy.
"""
