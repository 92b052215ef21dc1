#include "irbis_answer.h"

#include "irbis_dictionary.h"
#include "irbis_hal.h"
#include "irbis_requests.h"

void irbis_make_frame(struct irbis_outgoing *out, const struct irbis_writer *w)
{
    out->bytes[0] = 0;
    out->length = (uint8_t)(1 + irbis_frame_encode(w->bytes, w->length, out->bytes + 1));
}

/* Does what is asked; what was written of a reply counts only where nothing is refused. */
static uint8_t act_on(struct irbis_core *core, const struct irbis_message *message,
                      struct irbis_writer *reply)
{
    const struct irbis_request *request = &irbis_requests[message->type];

    if (!core->greeted && message->type != IRBIS_HELLO) {
        return IRBIS_REFUSAL_NOT_GREETED;
    }
    if (core->greeted && core->safe_only && !request->is_safe) {
        return IRBIS_REFUSAL_NOT_SAFE;
    }
    if (request->act == NULL) {
        return IRBIS_REFUSAL_UNKNOWN_MESSAGE;
    }
    if (!irbis_message_fits(message, request->kinds)) {
        return IRBIS_REFUSAL_BAD_FIELD;
    }
    return request->act(core, message->field, reply);
}

static bool is_repeat(const struct irbis_core *core, const struct irbis_message *message)
{
    const struct irbis_answered *answered = &core->answered;

    if (!answered->is_kept || answered->number != message->number) {
        return false;
    }
    return message->type != IRBIS_HELLO
        || (answered->is_hello && irbis_message_fits(message, irbis_requests[IRBIS_HELLO].kinds)
            && (uint32_t)message->field[2].value == core->link);
}

/* Does what is asked, and makes the answer. */
static void make_answer(struct irbis_core *core, const struct irbis_message *message,
                        struct irbis_answered *answered)
{
    struct irbis_writer reply;
    uint8_t refusal;

    irbis_write_message(&reply, (uint8_t)(message->type + IRBIS_REPLY), message->number);
    refusal = act_on(core, message, &reply);
    if (refusal != IRBIS_REFUSAL_NONE) {
        irbis_write_message(&reply, IRBIS_REFUSAL, message->number);
        irbis_write_int(&reply, refusal);
    }
    irbis_make_frame(&answered->answer, &reply);
    answered->is_kept = refusal != IRBIS_REFUSAL_NOT_GREETED;
    answered->is_hello = message->type == IRBIS_HELLO && refusal == IRBIS_REFUSAL_NONE;
    answered->number = message->number;
}

static void send(const struct irbis_answered *answered)
{
    irbis_hal_uart_write(answered->answer.bytes, answered->answer.length);
}

void irbis_answer(struct irbis_core *core, const struct irbis_message *message)
{
    struct irbis_answered answered;

    if (is_repeat(core, message)) {
        send(&core->answered);
        return;
    }
    make_answer(core, message, &answered);
    if (answered.is_kept) {
        core->answered = answered;
    }
    send(&answered);
}
