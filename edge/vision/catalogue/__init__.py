"""The known individuals near a station, and which of them a flank looks most like."""
