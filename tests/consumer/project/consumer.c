/* A program outside the tree that uses the installed library, as far as that goes without a daemon:
 * memory that it makes, writes and reads back through the object calls, and a status by name. */
#include <stdio.h>
#include <string.h>

#include <sysmem/sysmem.h>

int main(void)
{
    static const char text[] = "seen from outside the tree";
    char back[sizeof(text)] = {0};
    zx_handle_t vmo = ZX_HANDLE_INVALID;

    zx_status_t status = zx_vmo_create(4096, 0, &vmo);
    if (status == ZX_OK) {
        status = zx_vmo_write(vmo, text, 0, sizeof(text));
    }
    if (status == ZX_OK) {
        status = zx_vmo_read(vmo, back, 0, sizeof(back));
    }
    if (status == ZX_OK) {
        status = zx_handle_close(vmo);
    }
    if (status != ZX_OK || memcmp(text, back, sizeof(text)) != 0) {
        fprintf(stderr, "wanted \"%s\", got \"%.*s\" (%s)\n", text, (int)sizeof(back), back,
                sysmem_status_name(status));
        return 1;
    }
    puts(sysmem_status_name(SYSMEM_ERROR_NO_MEMORY));
    return 0;
}
