/* Frames on the line: COBS(payload || CRC-16) 00, the CRC big-endian.
 *
 * A zero byte occurs nowhere but at a frame's end: whatever garbage came before it, the next frame
 * after a zero is found. */
#ifndef IRBIS_FRAME_H
#define IRBIS_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IRBIS_FRAME_MOST 128u   /* bytes before the zero */
#define IRBIS_PAYLOAD_MOST 125u /* less one byte of COBS and two of CRC */

/* CRC-16, polynomial 0x1021, start value 0xFFFF, not reflected: 0x29B1 of "123456789". */
uint16_t irbis_crc16(const uint8_t *data, size_t length);

/* Writes a whole frame with its zero into `frame`, which holds length + 4 bytes; returns how many
 * that are, 0 for a payload that is too long. */
size_t irbis_frame_encode(const uint8_t *payload, size_t length, uint8_t *frame);

/* Collects one frame at a time. All zero at the start. */
struct irbis_frame_reader {
    uint8_t bytes[IRBIS_FRAME_MOST];
    uint8_t length;
    bool overlong; /* nothing is kept up to the next zero */
};

/* Takes one byte. Returns the payload of the frame that it completes, which is good until the next
 * call, and sets *length; NULL where there is no frame yet, or where it was none. */
const uint8_t *irbis_frame_take(struct irbis_frame_reader *reader, uint8_t byte, size_t *length);

#endif
