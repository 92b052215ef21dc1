/* Messages: one CBOR array of a type, a number and fields (RFC 8949; shortest forms only).
 *
 * Nothing is allocated, and nothing is copied on reading. */
#ifndef IRBIS_MESSAGE_H
#define IRBIS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IRBIS_FIELDS_MOST 14u   /* 16 items less type and number */
#define IRBIS_STRING_MOST 32u   /* bytes of a byte string or a text */

enum irbis_kind { IRBIS_INTEGER, IRBIS_BYTES, IRBIS_TEXT, IRBIS_NULL };

struct irbis_field {
    enum irbis_kind kind;
    int64_t value;       /* of an integer, -2^31 to 2^32 - 1 */
    const uint8_t *data; /* of bytes and text; within the payload that was read */
    uint8_t length;
};

struct irbis_message {
    uint32_t type;
    uint8_t number;
    uint8_t fields; /* how many */
    struct irbis_field field[IRBIS_FIELDS_MOST];
};

/* False where the payload is no message; the fields are not compared with any dictionary. */
bool irbis_message_read(struct irbis_message *message, const uint8_t *payload, size_t length);

/* Whether the fields are of these kinds, a letter each: u uint, U uint or null, b bytes; a last +
 * allows more. */
bool irbis_message_fits(const struct irbis_message *message, const char *kinds);

#define IRBIS_SENT_MOST 56u /* the longest payload that a controller sends, hello-reply */

struct irbis_writer {
    uint8_t bytes[IRBIS_SENT_MOST];
    uint8_t length;
    bool full; /* something did not fit; bytes are no message */
};

void irbis_write_message(struct irbis_writer *w, uint8_t type, uint8_t number);
void irbis_write_int(struct irbis_writer *w, int64_t value);
void irbis_write_bytes(struct irbis_writer *w, const uint8_t *data, size_t length);
void irbis_write_text(struct irbis_writer *w, const char *text);
void irbis_write_null(struct irbis_writer *w);
/* The value, or null where there is none. */
void irbis_write_maybe(struct irbis_writer *w, bool there, int64_t value);

#endif
