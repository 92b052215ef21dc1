/* What a host may ask, and what is done about it; within the core. */
#ifndef IRBIS_REQUESTS_H
#define IRBIS_REQUESTS_H

#include "irbis_core.h"
#include "irbis_dictionary.h"

/* Does one kind of request, and adds the reply's fields; returns an enum irbis_refusal. */
typedef uint8_t irbis_act(struct irbis_core *core, const struct irbis_field *field,
                          struct irbis_writer *reply);

struct irbis_request {
    const char *kinds; /* of the fields, as irbis_message_fits() takes them */
    irbis_act *act;    /* NULL: no such request */
    bool is_safe;      /* the same in every version */
};

/* By type. */
extern const struct irbis_request irbis_requests[IRBIS_PIR_EVENT];

#endif
