"""Film and video restoration for VapourSynth scripts and OpenFX hosts."""
