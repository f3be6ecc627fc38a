#ifndef CSANDBOX_SANITIZER_H
#define CSANDBOX_SANITIZER_H

// A sanitizer reserves terabytes of addresses, and reads files of /proc while it runs.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED 1
#endif
#endif

#ifndef IS_SANITIZED
#define IS_SANITIZED 0
#endif

#endif
