"""What deflicker and stabilize share: neighbouring frames measured once, and the path they make over a window.

``windows`` measures pairs of frames and reads them around a frame; ``path`` tells shaking from meant changes;
``fields`` are the smooth shapes that both fit; ``flicker`` and ``weave`` measure brightness and motion; ``sidecar``
keeps a whole clip's motion in a file.
"""
