#ifndef FEED_RESOURCES_H
#define FEED_RESOURCES_H

#include <stddef.h>

/// A file of `Sources/FeedServer/Resources`, which is part of the binary.
///
/// By C's `#embed`: as literals of Swift, which the package manager would write, they take the compiler longer than
/// all of the server's own code.
struct feed_resource {
    const unsigned char *_Nonnull start;
    /// Bytes.
    size_t count;
} __attribute__((swift_name("FeedResource")));

/// The names of all files, with `_` for what no identifier has.
#define FEED_RESOURCES(F) \
    F(account_page_mustache) \
    F(default_svg) \
    F(docs_body_js) \
    F(docs_element_js) \
    F(docs_token_js) \
    F(docs_trial_js) \
    F(docs_css) \
    F(docs_js) \
    F(docs_mustache) \
    F(drafts_page_mustache) \
    F(error_page_mustache) \
    F(favicon_svg) \
    F(feed_api_js) \
    F(feed_keys_js) \
    F(feed_page_mustache) \
    F(feed_place_js) \
    F(feed_css) \
    F(feed_js) \
    F(form_field_mustache) \
    F(form_page_mustache) \
    F(form_mustache) \
    F(forms_css) \
    F(layout_mustache) \
    F(openapi_json) \
    F(post_card_js) \
    F(post_card_mustache) \
    F(post_page_mustache)

#define DECLARE(name) \
    struct feed_resource feed_resource_##name(void) \
        __attribute__((swift_name("getter:FeedResource." #name "()")));
FEED_RESOURCES(DECLARE)
#undef DECLARE

#endif
