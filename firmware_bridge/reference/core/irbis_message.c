#include "irbis_message.h"

#include <string.h>

/* CBOR's major types, the upper three bits of an item's first byte, and its one simple value. */
enum { MAJOR_UINT = 0, MAJOR_NEGATIVE = 1, MAJOR_BYTES = 2, MAJOR_TEXT = 3, MAJOR_ARRAY = 4 };
enum { NULL_BYTE = 0xF6 };

struct reader {
    const uint8_t *at;
    const uint8_t *end;
};

/* An item's head: its major type, and a value below 2^32 in its shortest form. */
static bool read_head(struct reader *r, uint8_t *major, uint32_t *value)
{
    static const uint32_t least[] = {24, 0x100, 0x10000};
    uint8_t low;
    uint8_t follow;

    if (r->at == r->end) {
        return false;
    }
    *major = *r->at >> 5;
    low = *r->at++ & 0x1F;
    *value = low;
    if (low < 24) {
        return true;
    }
    if (low > 26 || r->end - r->at < 1 << (low - 24)) {
        return false;
    }
    *value = 0;
    for (follow = (uint8_t)(1u << (low - 24)); follow > 0; follow--) {
        *value = *value << 8 | *r->at++;
    }
    return *value >= least[low - 24];
}

/* Length of the UTF-8 sequence at `text`, 0 where it is none: no overlong form, no surrogate,
 * nothing past U+10FFFF (Unicode 15, table 3-7). */
static size_t sequence(const uint8_t *text, size_t left)
{
    uint8_t first = text[0];
    size_t length = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3
                  : first < 0xF5 ? 4 : 0;
    uint8_t least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    uint8_t most = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    size_t i;

    if (length > left) {
        return 0;
    }
    for (i = 1; i < length; i++) {
        if (text[i] < least || text[i] > most) {
            return 0;
        }
        least = 0x80;
        most = 0xBF;
    }
    return length;
}

static bool is_utf8(const uint8_t *text, size_t length)
{
    size_t at = 0;

    while (at < length) {
        size_t step = sequence(text + at, length - at);

        if (step == 0) {
            return false;
        }
        at += step;
    }
    return true;
}

static bool read_string(struct reader *r, struct irbis_field *field, uint32_t length)
{
    if (length > IRBIS_STRING_MOST || length > (size_t)(r->end - r->at)) {
        return false;
    }
    field->data = r->at;
    field->length = (uint8_t)length;
    r->at += length;
    return field->kind == IRBIS_BYTES || is_utf8(field->data, length);
}

static bool read_field(struct reader *r, struct irbis_field *field)
{
    uint8_t major;
    uint32_t value;

    memset(field, 0, sizeof *field);
    if (r->at < r->end && *r->at == NULL_BYTE) {
        field->kind = IRBIS_NULL;
        r->at++;
        return true;
    }
    if (!read_head(r, &major, &value)) {
        return false;
    }
    switch (major) {
    case MAJOR_UINT:
        field->kind = IRBIS_INTEGER;
        field->value = value;
        return true;
    case MAJOR_NEGATIVE:
        field->kind = IRBIS_INTEGER;
        field->value = -1 - (int64_t)value;
        return value <= INT32_MAX;
    case MAJOR_BYTES:
        field->kind = IRBIS_BYTES;
        return read_string(r, field, value);
    case MAJOR_TEXT:
        field->kind = IRBIS_TEXT;
        return read_string(r, field, value);
    default:
        return false;
    }
}

/* The next item, which must be a uint. */
static bool read_uint(struct reader *r, uint32_t *value)
{
    uint8_t major;

    return read_head(r, &major, value) && major == MAJOR_UINT;
}

bool irbis_message_read(struct irbis_message *message, const uint8_t *payload, size_t length)
{
    struct reader r = {payload, payload + length};
    uint8_t major;
    uint32_t items;
    uint32_t number;
    uint8_t i;

    if (!read_head(&r, &major, &items) || major != MAJOR_ARRAY || items < 2
        || items > IRBIS_FIELDS_MOST + 2) {
        return false;
    }
    if (!read_uint(&r, &message->type) || !read_uint(&r, &number) || number > UINT8_MAX) {
        return false;
    }
    message->number = (uint8_t)number;
    message->fields = (uint8_t)(items - 2);
    for (i = 0; i < message->fields; i++) {
        if (!read_field(&r, &message->field[i])) {
            return false;
        }
    }
    return r.at == r.end;
}

static bool field_fits(const struct irbis_field *field, char kind)
{
    switch (kind) {
    case 'b': return field->kind == IRBIS_BYTES;
    case 'U': return field->kind == IRBIS_NULL || field_fits(field, 'u');
    default: return field->kind == IRBIS_INTEGER && field->value >= 0;
    }
}

bool irbis_message_fits(const struct irbis_message *message, const char *kinds)
{
    uint8_t i;

    for (i = 0; kinds[i] != '\0' && kinds[i] != '+'; i++) {
        if (i == message->fields || !field_fits(&message->field[i], kinds[i])) {
            return false;
        }
    }
    return kinds[i] == '+' || i == message->fields;
}

static void put(struct irbis_writer *w, const void *data, size_t length)
{
    if (w->full || length > sizeof w->bytes - w->length) {
        w->full = true;
        return;
    }
    memcpy(w->bytes + w->length, data, length);
    w->length = (uint8_t)(w->length + length);
}

/* An item's head in its shortest form; the array's own count goes up with each item. */
static void put_item(struct irbis_writer *w, uint8_t major, uint32_t value)
{
    uint8_t follow = value < 24 ? 0 : value <= UINT8_MAX ? 1 : value <= UINT16_MAX ? 2 : 4;
    uint8_t head[5];
    uint8_t i;

    head[0] = (uint8_t)(major << 5 | (follow == 0 ? value : follow == 4 ? 26u : 23u + follow));
    for (i = 0; i < follow; i++) {
        head[follow - i] = (uint8_t)(value >> (8 * i));
    }
    put(w, head, follow + 1u);
    w->bytes[0]++;
}

void irbis_write_message(struct irbis_writer *w, uint8_t type, uint8_t number)
{
    w->bytes[0] = MAJOR_ARRAY << 5;
    w->length = 1;
    w->full = false;
    put_item(w, MAJOR_UINT, type);
    put_item(w, MAJOR_UINT, number);
}

void irbis_write_int(struct irbis_writer *w, int64_t value)
{
    if (value < 0) {
        put_item(w, MAJOR_NEGATIVE, (uint32_t)(-1 - value));
    } else {
        put_item(w, MAJOR_UINT, (uint32_t)value);
    }
}

void irbis_write_bytes(struct irbis_writer *w, const uint8_t *data, size_t length)
{
    put_item(w, MAJOR_BYTES, (uint32_t)length);
    put(w, data, length);
}

void irbis_write_text(struct irbis_writer *w, const char *text)
{
    put_item(w, MAJOR_TEXT, (uint32_t)strlen(text));
    put(w, text, strlen(text));
}

void irbis_write_null(struct irbis_writer *w)
{
    static const uint8_t null = NULL_BYTE;

    put(w, &null, 1);
    w->bytes[0]++;
}

void irbis_write_maybe(struct irbis_writer *w, bool there, int64_t value)
{
    if (there) {
        irbis_write_int(w, value);
    } else {
        irbis_write_null(w);
    }
}
