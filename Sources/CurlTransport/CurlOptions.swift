import CCurl

/// Sets options of a libcurl handle, and remembers whether libcurl refused one.
struct CurlOptions {
    let handle: UnsafeMutableRawPointer
    private(set) var hasFailed = false

    init(of handle: UnsafeMutableRawPointer) {
        self.handle = handle
    }

    /// Notes what a setter gave back.
    mutating func check(_ code: CURLcode) {
        if code != CURLE_OK { hasFailed = true }
    }

    mutating func set(_ option: CURLoption, _ value: Int) {
        check(tributary_curl_long(handle, option, value))
    }

    mutating func set(_ option: CURLoption, _ value: Bool) {
        set(option, value ? 1 : 0)
    }

    mutating func set(_ option: CURLoption, size: Int) {
        check(tributary_curl_size(handle, option, curl_off_t(size)))
    }

    mutating func set(_ option: CURLoption, _ text: String?) {
        check(tributary_curl_text(handle, option, text))
    }

    mutating func set(_ option: CURLoption, _ list: UnsafeMutablePointer<curl_slist>?) {
        check(tributary_curl_list(handle, option, list))
    }

    mutating func set(_ option: CURLoption, pointer: UnsafeMutableRawPointer?) {
        check(tributary_curl_pointer(handle, option, pointer))
    }

    /// Sets bytes that libcurl copies.
    mutating func set(_ option: CURLoption, copying bytes: [UInt8]) {
        check(tributary_curl_blob(handle, option, bytes, bytes.count))
    }
}
