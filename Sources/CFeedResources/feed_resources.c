#include "feed_resources.h"

// Of C23, and taken in every standard by the compilers that Swift 6 comes with.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char account_page_mustache[] = {
#embed "../FeedServer/Resources/account-page.mustache"
};
static const unsigned char default_svg[] = {
#embed "../FeedServer/Resources/default.svg"
};
static const unsigned char docs_body_js[] = {
#embed "../FeedServer/Resources/docs-body.js"
};
static const unsigned char docs_element_js[] = {
#embed "../FeedServer/Resources/docs-element.js"
};
static const unsigned char docs_token_js[] = {
#embed "../FeedServer/Resources/docs-token.js"
};
static const unsigned char docs_trial_js[] = {
#embed "../FeedServer/Resources/docs-trial.js"
};
static const unsigned char docs_css[] = {
#embed "../FeedServer/Resources/docs.css"
};
static const unsigned char docs_js[] = {
#embed "../FeedServer/Resources/docs.js"
};
static const unsigned char docs_mustache[] = {
#embed "../FeedServer/Resources/docs.mustache"
};
static const unsigned char drafts_page_mustache[] = {
#embed "../FeedServer/Resources/drafts-page.mustache"
};
static const unsigned char error_page_mustache[] = {
#embed "../FeedServer/Resources/error-page.mustache"
};
static const unsigned char favicon_svg[] = {
#embed "../FeedServer/Resources/favicon.svg"
};
static const unsigned char feed_api_js[] = {
#embed "../FeedServer/Resources/feed-api.js"
};
static const unsigned char feed_keys_js[] = {
#embed "../FeedServer/Resources/feed-keys.js"
};
static const unsigned char feed_page_mustache[] = {
#embed "../FeedServer/Resources/feed-page.mustache"
};
static const unsigned char feed_place_js[] = {
#embed "../FeedServer/Resources/feed-place.js"
};
static const unsigned char feed_css[] = {
#embed "../FeedServer/Resources/feed.css"
};
static const unsigned char feed_js[] = {
#embed "../FeedServer/Resources/feed.js"
};
static const unsigned char form_field_mustache[] = {
#embed "../FeedServer/Resources/form-field.mustache"
};
static const unsigned char form_page_mustache[] = {
#embed "../FeedServer/Resources/form-page.mustache"
};
static const unsigned char form_mustache[] = {
#embed "../FeedServer/Resources/form.mustache"
};
static const unsigned char forms_css[] = {
#embed "../FeedServer/Resources/forms.css"
};
static const unsigned char layout_mustache[] = {
#embed "../FeedServer/Resources/layout.mustache"
};
static const unsigned char openapi_json[] = {
#embed "../FeedServer/Resources/openapi.json"
};
static const unsigned char post_card_js[] = {
#embed "../FeedServer/Resources/post-card.js"
};
static const unsigned char post_card_mustache[] = {
#embed "../FeedServer/Resources/post-card.mustache"
};
static const unsigned char post_page_mustache[] = {
#embed "../FeedServer/Resources/post-page.mustache"
};

#define DEFINE(name) \
    struct feed_resource feed_resource_##name(void) { return (struct feed_resource){name, sizeof name}; }
FEED_RESOURCES(DEFINE)
