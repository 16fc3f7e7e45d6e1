"""The attenuation engine (传导衰减)."""
