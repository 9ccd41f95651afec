"""Face trackers: each turns a video into `face.raw_landmarks.RawLandmarks`."""
