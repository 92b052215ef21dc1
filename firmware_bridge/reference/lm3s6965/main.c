#include "board.h"
#include "irbis_core.h"

int main(void)
{
    static const struct irbis_config config = {"irbis-core lm3s6965 1", 3300, 3500};
    static struct irbis_core core;

    board_start();
    irbis_core_start(&core, &config);
    for (;;) {
        board_rest(irbis_core_step(&core));
    }
}
