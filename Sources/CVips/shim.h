#ifndef CVIPS_SHIM_H
#define CVIPS_SHIM_H

// The few declarations of libvips 8 and GLib 2 that are used, as <vips/vips.h> has them. That header
// is not included: it brings all of GLib into Swift, and its compiler flags hold some that SwiftPM
// refuses. Compiled behind <vips/vips.h>, this file makes a C compiler compare the two.

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

typedef struct _VipsImage VipsImage;
typedef struct _VipsArea VipsArea;
typedef struct _VipsArrayDouble VipsArrayDouble;

// The library.
int vips_init(const char *argv0);
int vips_version(int flag);
void vips_thread_shutdown(void);
void vips_concurrency_set(int concurrency);
void vips_vector_set_enabled(int enabled);
void vips_cache_set_max(int max);
void vips_cache_set_max_mem(size_t max_mem);
void vips_cache_set_max_files(int max_files);
void vips_block_untrusted_set(int state);
void vips_operation_block_set(const char *name, int state);
const char *vips_foreign_find_load_buffer(const void *data, size_t size);
const char *vips_error_buffer(void);
void vips_error_clear(void);
size_t vips_tracked_get_mem(void);
size_t vips_tracked_get_mem_highwater(void);
int vips_tracked_get_allocs(void);

// An image.
int vips_image_get_width(const VipsImage *image);
int vips_image_get_height(const VipsImage *image);
int vips_image_get_bands(const VipsImage *image);
int vips_image_hasalpha(VipsImage *image);
int vips_image_get_int(const VipsImage *image, const char *name, int *out);
VipsImage *vips_image_copy_memory(VipsImage *image);
void *vips_image_write_to_memory(VipsImage *in, size_t *size);

// GLib, below it, whose numbers <glib.h> has as these variables.
extern const unsigned int glib_major_version;
extern const unsigned int glib_minor_version;
extern const unsigned int glib_micro_version;

unsigned long vips_image_get_typeof(const VipsImage *image, const char *name);
void g_object_unref(void *object);
void g_free(void *memory);

#ifndef VIPS_VERSION
// With enumerations there, integers here: the same to the machine.
unsigned int g_log_set_handler(
    const char *domain, int levels, void (*handler)(const char *, int, const char *, void *), void *data);
#endif

// Variadic: an operation's optional arguments are pairs of name and value, ended by NULL.
VipsImage *vips_image_new_from_buffer(const void *buf, size_t len, const char *option_string, ...);
int vips_thumbnail_buffer(void *buf, size_t len, VipsImage **out, int width, ...);
int vips_extract_area(VipsImage *in, VipsImage **out, int left, int top, int width, int height, ...);
int vips_resize(VipsImage *in, VipsImage **out, double scale, ...);
int vips_icc_transform(VipsImage *in, VipsImage **out, const char *output_profile, ...);
int vips_flatten(VipsImage *in, VipsImage **out, ...);
int vips_jpegsave_buffer(VipsImage *in, void **buf, size_t *len, ...);
#ifndef VIPS_VERSION
int vips_colourspace(VipsImage *in, VipsImage **out, int space, ...);
int vips_rot(VipsImage *in, VipsImage **out, int angle, ...);
int vips_flip(VipsImage *in, VipsImage **out, int direction, ...);
#endif
VipsArrayDouble *vips_array_double_newv(int n, ...);
void vips_area_unref(VipsArea *area);

// libwebp, whose decoder libvips uses.
int WebPGetDecoderVersion(void);
int WebPGetInfo(const uint8_t *data, size_t data_size, int *width, int *height);

enum {
    CVIPS_ACCESS_SEQUENTIAL = 1,
    CVIPS_FAIL_ON_ERROR = 2,
    CVIPS_SIZE_DOWN = 2,
    CVIPS_INTERPRETATION_SRGB = 22,
    CVIPS_DIRECTION_HORIZONTAL = 0,
    CVIPS_DIRECTION_VERTICAL = 1,
    CVIPS_ANGLE_D0 = 0,
    CVIPS_ANGLE_D90 = 1,
    CVIPS_ANGLE_D180 = 2,
    CVIPS_ANGLE_D270 = 3,
    // Warning, message, info and debug.
    CVIPS_LOG_LEVELS = 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7,
};

#ifdef VIPS_VERSION
_Static_assert((int)CVIPS_ACCESS_SEQUENTIAL == (int)VIPS_ACCESS_SEQUENTIAL, "");
_Static_assert((int)CVIPS_FAIL_ON_ERROR == (int)VIPS_FAIL_ON_ERROR, "");
_Static_assert((int)CVIPS_SIZE_DOWN == (int)VIPS_SIZE_DOWN, "");
_Static_assert((int)CVIPS_INTERPRETATION_SRGB == (int)VIPS_INTERPRETATION_sRGB, "");
_Static_assert((int)CVIPS_DIRECTION_HORIZONTAL == (int)VIPS_DIRECTION_HORIZONTAL, "");
_Static_assert((int)CVIPS_DIRECTION_VERTICAL == (int)VIPS_DIRECTION_VERTICAL, "");
_Static_assert((int)CVIPS_ANGLE_D0 == (int)VIPS_ANGLE_D0, "");
_Static_assert((int)CVIPS_ANGLE_D90 == (int)VIPS_ANGLE_D90, "");
_Static_assert((int)CVIPS_ANGLE_D180 == (int)VIPS_ANGLE_D180, "");
_Static_assert((int)CVIPS_ANGLE_D270 == (int)VIPS_ANGLE_D270, "");
_Static_assert(
    CVIPS_LOG_LEVELS ==
        (G_LOG_LEVEL_WARNING | G_LOG_LEVEL_MESSAGE | G_LOG_LEVEL_INFO | G_LOG_LEVEL_DEBUG), "");
#endif

/// Reads the header of an encoded image; `buf` has to outlive the result.
static inline VipsImage *cvips_open(const void *buf, size_t len) {
    return vips_image_new_from_buffer(
        buf, len, "", "access", CVIPS_ACCESS_SEQUENTIAL, "fail_on", CVIPS_FAIL_ON_ERROR, (void *)0);
}

/// Decodes an image, and shrinks it to fit a box; one that fits stays as it is. It is not turned.
///
/// What it takes as "fail_on" it does not hand on to the loader of a buffer (8.14): that takes the string.
static inline int cvips_shrink(const void *buf, size_t len, VipsImage **out, int width, int height) {
    return vips_thumbnail_buffer(
        (void *)buf, len, out, width, "height", height, "size", CVIPS_SIZE_DOWN, "no_rotate", 1,
        "option_string", "[fail_on=error]", (void *)0);
}

static inline int cvips_crop(VipsImage *in, VipsImage **out, int left, int top, int width, int height) {
    return vips_extract_area(in, out, left, top, width, height, (void *)0);
}

/// Turns an image clockwise.
static inline int cvips_turn(VipsImage *in, VipsImage **out, int angle) {
    return vips_rot(in, out, angle, (void *)0);
}

/// Exchanges an image's sides: left and right, or top and bottom.
static inline int cvips_mirror(VipsImage *in, VipsImage **out, int direction) {
    return vips_flip(in, out, direction, (void *)0);
}

static inline int cvips_resize(VipsImage *in, VipsImage **out, double scale) {
    return vips_resize(in, out, scale, (void *)0);
}

/// Converts from the profile that the image carries.
static inline int cvips_icc_to_srgb(VipsImage *in, VipsImage **out) {
    return vips_icc_transform(in, out, "srgb", "embedded", 1, (void *)0);
}

/// Converts from what the image's header says its numbers mean.
static inline int cvips_to_srgb(VipsImage *in, VipsImage **out) {
    return vips_colourspace(in, out, CVIPS_INTERPRETATION_SRGB, (void *)0);
}

/// Lays an image with an alpha channel on white.
static inline int cvips_flatten_on_white(VipsImage *in, VipsImage **out) {
    VipsArrayDouble *white = vips_array_double_newv(1, 255.0);
    int status = vips_flatten(in, out, "background", white, (void *)0);
    vips_area_unref((VipsArea *)white);
    return status;
}

/// Encodes a baseline JPEG that holds nothing but pixels; g_free() the result.
static inline int cvips_encode_jpeg(VipsImage *in, void **buf, size_t *len, int quality) {
    return vips_jpegsave_buffer(
        in, buf, len, "Q", quality, "strip", 1, "optimize_coding", 1, (void *)0);
}

/// Gives freed memory back to the system: what a decoder had is many times what a server needs otherwise.
static inline void cvips_give_memory_back(void) {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

/// Throws away what libvips would print. Errors and criticals are bugs of the program: they stay.
static inline void cvips_silence(const char *domain, int levels, const char *message, void *data) {}

static inline void cvips_silence_messages(void) {
    g_log_set_handler("VIPS", CVIPS_LOG_LEVELS, cvips_silence, (void *)0);
}

#endif
