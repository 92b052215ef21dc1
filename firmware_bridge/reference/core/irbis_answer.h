/* Requests and what is answered; within the core. */
#ifndef IRBIS_ANSWER_H
#define IRBIS_ANSWER_H

#include "irbis_core.h"

/* Makes a frame of what was written, with a zero before it against garbage on the line. */
void irbis_make_frame(struct irbis_outgoing *out, const struct irbis_writer *w);

/* Does what is asked, unless it is a repeat, and sends the answer. */
void irbis_answer(struct irbis_core *core, const struct irbis_message *request);

#endif
