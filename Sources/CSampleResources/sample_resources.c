#include "sample_resources.h"

// Of C23, and taken in every standard by the compilers that Swift 6 comes with.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char jonas_webp[] = {
#embed "../SampleData/Resources/jonas.webp"
};
static const unsigned char leila_png[] = {
#embed "../SampleData/Resources/leila.png"
};
static const unsigned char mara_jpg[] = {
#embed "../SampleData/Resources/mara.jpg"
};
static const unsigned char priya_gif[] = {
#embed "../SampleData/Resources/priya.gif"
};
static const unsigned char tomas_jpg[] = {
#embed "../SampleData/Resources/tomas.jpg"
};
static const unsigned char yael_png[] = {
#embed "../SampleData/Resources/yael.png"
};

#define DEFINE(name) \
    struct sample_resource sample_resource_##name(void) { return (struct sample_resource){name, sizeof name}; }
SAMPLE_RESOURCES(DEFINE)
