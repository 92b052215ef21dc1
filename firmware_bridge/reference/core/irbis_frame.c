#include "irbis_frame.h"

#include <string.h>

uint16_t irbis_crc16(const uint8_t *data, size_t length)
{
    uint16_t crc = 0xFFFF;

    while (length-- > 0) {
        uint8_t bit;

        crc = (uint16_t)(crc ^ *data++ << 8);
        for (bit = 0; bit < 8; bit++) {
            crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
        }
    }
    return crc;
}

size_t irbis_frame_encode(const uint8_t *payload, size_t length, uint8_t *frame)
{
    uint16_t crc = irbis_crc16(payload, length);
    size_t code_at = 0; /* where the distance to the next zero will be written */
    size_t at;

    if (length > IRBIS_PAYLOAD_MOST) {
        return 0;
    }
    memcpy(frame + 1, payload, length);
    frame[length + 1] = (uint8_t)(crc >> 8);
    frame[length + 2] = (uint8_t)crc;
    for (at = 1; at <= length + 2; at++) {
        if (frame[at] == 0) {
            frame[code_at] = (uint8_t)(at - code_at);
            code_at = at;
        }
    }
    frame[code_at] = (uint8_t)(at - code_at);
    frame[at] = 0;
    return at + 1;
}

/* Undoes COBS in place; the result begins at bytes[1] and is one shorter. */
static bool unstuff(uint8_t *bytes, size_t length)
{
    size_t at = 0;

    while (at < length) {
        size_t next = at + bytes[at];

        if (next > length) {
            return false;
        }
        bytes[at] = 0;
        at = next;
    }
    return true;
}

/* The payload within a whole frame without its zero. */
static const uint8_t *open_frame(uint8_t *bytes, size_t frame_length, size_t *length)
{
    uint16_t crc;

    if (frame_length < 3 || !unstuff(bytes, frame_length)) {
        return NULL;
    }
    *length = frame_length - 3;
    crc = (uint16_t)(bytes[*length + 1] << 8 | bytes[*length + 2]);
    return crc == irbis_crc16(bytes + 1, *length) ? bytes + 1 : NULL;
}

const uint8_t *irbis_frame_take(struct irbis_frame_reader *reader, uint8_t byte, size_t *length)
{
    size_t frame_length = reader->length;
    bool overlong = reader->overlong;

    if (byte == 0) {
        reader->length = 0;
        reader->overlong = false;
        return overlong ? NULL : open_frame(reader->bytes, frame_length, length);
    }
    if (reader->length == IRBIS_FRAME_MOST) {
        reader->overlong = true;
    } else {
        reader->bytes[reader->length++] = byte;
    }
    return NULL;
}
