"""What is said over a UART: the microcontroller, modems, and programs that stand in for them."""
