#pragma once
#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

// libcurl's setters take variable arguments, which Swift cannot call.

static inline CURLcode tributary_curl_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode tributary_curl_size(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode tributary_curl_text(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode tributary_curl_bytes(CURL *handle, CURLoption option, const void *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode tributary_curl_list(CURL *handle, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode tributary_curl_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode tributary_curl_blob(CURL *handle, CURLoption option, const void *bytes, size_t count) {
    struct curl_blob blob = {(void *)bytes, count, CURL_BLOB_COPY};
    return curl_easy_setopt(handle, option, &blob);
}

static inline CURLcode tributary_curl_write(
    CURL *handle, CURLoption option, size_t (*callback)(char *, size_t, size_t, void *)
) {
    return curl_easy_setopt(handle, option, callback);
}

static inline CURLcode tributary_curl_open_socket(
    CURL *handle, curl_socket_t (*callback)(void *, curlsocktype, struct curl_sockaddr *)
) {
    return curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, callback);
}

static inline CURLcode tributary_curl_close_socket(CURL *handle, int (*callback)(void *, curl_socket_t)) {
    return curl_easy_setopt(handle, CURLOPT_CLOSESOCKETFUNCTION, callback);
}

static inline CURLMcode tributary_curl_multi_pointer(CURLM *multi, CURLMoption option, void *value) {
    return curl_multi_setopt(multi, option, value);
}

static inline CURLMcode tributary_curl_multi_sockets(
    CURLM *multi, int (*callback)(CURL *, curl_socket_t, int, void *, void *)
) {
    return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, callback);
}

static inline CURLMcode tributary_curl_multi_timer(CURLM *multi, int (*callback)(CURLM *, long, void *)) {
    return curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, callback);
}

// A share object that holds connections alone; for one thread, so without locks.
static inline CURLSH *tributary_curl_share_of_connections(void) {
    CURLSH *share = curl_share_init();
    if (share && curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT) != CURLSHE_OK) {
        curl_share_cleanup(share);
        return NULL;
    }
    return share;
}

static inline CURLcode tributary_curl_before_request(CURL *handle, int (*callback)(void *, char *, char *, int, int)) {
    return curl_easy_setopt(handle, CURLOPT_PREREQFUNCTION, callback);
}

static inline CURLcode tributary_curl_info_long(CURL *handle, CURLINFO info, long *value) {
    return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode tributary_curl_info_pointer(CURL *handle, CURLINFO info, void **value) {
    return curl_easy_getinfo(handle, info, value);
}

static inline CURLMcode tributary_curl_multi_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

static inline CURL *tributary_curl_message_handle(const CURLMsg *message) { return message->easy_handle; }
static inline CURLcode tributary_curl_message_result(const CURLMsg *message) { return message->data.result; }

// The address of a socket about to be opened: 4 or 16 bytes and the port in the machine's order; 0 for any other family.
static inline int tributary_curl_address(const struct curl_sockaddr *address, unsigned char *bytes, unsigned short *port) {
    if (address->family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)&address->addr;
        memcpy(bytes, &in->sin_addr, 4);
        *port = ntohs(in->sin_port);
        return 4;
    }
    if (address->family == AF_INET6) {
        const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)&address->addr;
        memcpy(bytes, &in->sin6_addr, 16);
        *port = ntohs(in->sin6_port);
        return 16;
    }
    return 0;
}

// epoll is not in Swift's Glibc module.

static inline int tributary_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

// What a socket is watched for: 1 to read, 2 to write, 0 for nothing any more. `is_known` tells a change from a first time.
static inline int tributary_epoll_watch(int poll, int socket, int what, int is_known) {
    struct epoll_event event = {0};
    event.events = (what & 1 ? EPOLLIN | EPOLLRDHUP : 0) | (what & 2 ? EPOLLOUT : 0);
    event.data.fd = socket;
    return epoll_ctl(poll, what == 0 ? EPOLL_CTL_DEL : is_known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event);
}

// The sockets that something happened to, and what, in libcurl's words; never waits.
static inline int tributary_epoll_ready(int poll, int *sockets, int *what, int most) {
    struct epoll_event events[64];
    int count = epoll_wait(poll, events, most < 64 ? most : 64, 0);
    for (int index = 0; index < count; index++) {
        unsigned int bits = events[index].events;
        sockets[index] = events[index].data.fd;
        what[index] = (bits & (EPOLLIN | EPOLLRDHUP | EPOLLHUP) ? CURL_CSELECT_IN : 0)
            | (bits & EPOLLOUT ? CURL_CSELECT_OUT : 0) | (bits & EPOLLERR ? CURL_CSELECT_ERR : 0);
    }
    return count;
}
