/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * log-lines WRITER LINES [FIFO]: so many numbered lines of 100 bytes, as a program writes them whose output is a pipe:
 * in blocks of 4 KiB. With FIFO it begins when that was opened for writing and closed again.
 */

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
        static char block[4096];
        unsigned writer = argc > 2 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
        unsigned long lines = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
        char text[101], byte;

        if (argc > 3) {
                int fd = open(argv[3], O_RDONLY);

                if (fd < 0 || read(fd, &byte, 1) < 0)
                        return 1;
                close(fd);
        }
        memset(text, 'x', sizeof(text));
        setvbuf(stdout, block, _IOFBF, sizeof(block));
        for (unsigned long i = 0; i < lines; i++) {
                /* As real lines are: something that repeats, something that does not. */
                int n = snprintf(text, sizeof(text),
                                 "bench %03u %010lu GET /items/%08" PRIx32 " 200 took %5u us ", writer, i,
                                 (uint32_t)(i * 2654435761U), (unsigned)(i * 7919 % 99991));

                text[n] = 'x';
                text[99] = '\n';
                if (fwrite(text, 1, 100, stdout) != 100)
                        return 1;
        }
        return fflush(stdout) == 0 ? 0 : 1;
}
