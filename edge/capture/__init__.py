"""Where bursts come from: sources, and the stage that makes their bursts durable."""
