#ifndef SAMPLE_RESOURCES_H
#define SAMPLE_RESOURCES_H

#include <stddef.h>

/// A file of `Sources/SampleData/Resources`, which is part of the binary: see `CFeedResources`.
struct sample_resource {
    const unsigned char *_Nonnull start;
    /// Bytes.
    size_t count;
} __attribute__((swift_name("SampleResource")));

/// The names of all files, with `_` for what no identifier has.
#define SAMPLE_RESOURCES(F) \
    F(jonas_webp) \
    F(leila_png) \
    F(mara_jpg) \
    F(priya_gif) \
    F(tomas_jpg) \
    F(yael_png)

#define DECLARE(name) \
    struct sample_resource sample_resource_##name(void) \
        __attribute__((swift_name("getter:SampleResource." #name "()")));
SAMPLE_RESOURCES(DECLARE)
#undef DECLARE

#endif
