"""Teaching the embedded audio encoder what is said: speech with known phones, and the fit to it.

python -m msmd.training.audio_encoder --data <recordings> --out <folder>
"""
