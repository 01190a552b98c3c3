/* Stile for C callers. True of every function here:
 *  - It returns STILE_OK or an error, and writes its outputs only on STILE_OK.
 *    Functions that cannot fail return their result.
 *  - It borrows its arguments for the call. Only *_new gives ownership away.
 *  - A const handle may serve many threads at once.
 *  - A pointer that must not be NULL is checked.
 *  - Values are appended, never renumbered; 0 is never a pass.
 *  - No exception leaves the library. *_free(NULL) does nothing. */
#ifndef STILE_CAPI_STILE_H_
#define STILE_CAPI_STILE_H_

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define STILE_API __attribute__((visibility("default"), warn_unused_result))
#define STILE_API_VOID __attribute__((visibility("default")))
#else
#define STILE_API
#define STILE_API_VOID
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Grows when something is added. What changes incompatibly changes the soname. */
#define STILE_ABI_VERSION 1u

/* Fixed width: no compiler flag can change the size of a result. */
typedef int32_t stile_status;
#define STILE_OK 0
#define STILE_ERR_INVALID_ARGUMENT 1
#define STILE_ERR_INTERNAL 2

/* Returns the STILE_ABI_VERSION that the library was built with. A caller built
 * with a greater one must not use what the library lacks. */
STILE_API uint32_t stile_abi_version(void);

/* Returns the release as text, such as "0.1.0". It is zero-terminated and lives
 * as long as the library is loaded. */
STILE_API const char* stile_version(void);

#ifdef __cplusplus
}
#endif

#endif /* STILE_CAPI_STILE_H_ */
