"""MCCL: multi-cue contrastive learning on the face (TCSVT 2025)."""
