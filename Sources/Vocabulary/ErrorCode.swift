/// The stable codes of the error envelope, with the HTTP status and the retry advice of each.
///
/// The table is written once, here; the OpenAPI documents and the README are produced from it.
package enum ErrorCode: String, Sendable, CaseIterable, Codable {
    case invalidRequest = "invalid_request"
    case unknownParameter = "unknown_parameter"
    case filterNotSupported = "filter_not_supported"
    case cursorMismatch = "cursor_mismatch"
    case blockedAddress = "blocked_address"
    case unauthorized
    case accountNeedsReauth = "account_needs_reauth"
    case forbiddenScope = "forbidden_scope"
    case remoteForbidden = "remote_forbidden"
    case notFound = "not_found"
    case remoteNotFound = "remote_not_found"
    case methodNotSupported = "method_not_supported"
    case conflict
    case remoteConflict = "remote_conflict"
    case preconditionFailed = "precondition_failed"
    case linkTokenUsed = "link_token_used"
    case linkTokenExpired = "link_token_expired"
    case payloadTooLarge = "payload_too_large"
    case unsupportedMediaType = "unsupported_media_type"
    case missingRequiredField = "missing_required_field"
    case readOnlyField = "read_only_field"
    case remoteValidationFailed = "remote_validation_failed"
    case idempotencyKeyReused = "idempotency_key_reused"
    case dependencyFailed = "dependency_failed"
    case rateLimited = "rate_limited"
    case remoteRateLimited = "remote_rate_limited"
    case headerTooLarge = "header_too_large"
    case internalError = "internal_error"
    case mappingFailed = "mapping_failed"
    case configInvalid = "config_invalid"
    case remoteUnavailable = "remote_unavailable"
    case remoteBadResponse = "remote_bad_response"
    case remoteResponseTooLarge = "remote_response_too_large"
    case serviceUnavailable = "service_unavailable"
    case tokenRefreshInProgress = "token_refresh_in_progress"
    case credentialUnavailable = "credential_unavailable"
    case accountBlocked = "account_blocked"
    case circuitOpen = "circuit_open"
    case remoteTimeout = "remote_timeout"

    /// The HTTP status that goes with the code.
    package var status: Int {
        switch self {
        case .invalidRequest, .unknownParameter, .filterNotSupported, .cursorMismatch, .blockedAddress: 400
        case .unauthorized, .accountNeedsReauth: 401
        case .forbiddenScope, .remoteForbidden: 403
        case .notFound, .remoteNotFound: 404
        case .methodNotSupported: 405
        case .conflict, .remoteConflict: 409
        case .linkTokenUsed, .linkTokenExpired: 410
        case .preconditionFailed: 412
        case .payloadTooLarge: 413
        case .unsupportedMediaType: 415
        case .missingRequiredField, .readOnlyField, .remoteValidationFailed, .idempotencyKeyReused: 422
        case .dependencyFailed: 424
        case .rateLimited, .remoteRateLimited: 429
        case .headerTooLarge: 431
        case .internalError, .mappingFailed, .configInvalid: 500
        case .remoteUnavailable, .remoteBadResponse, .remoteResponseTooLarge: 502
        case .serviceUnavailable, .tokenRefreshInProgress, .credentialUnavailable, .accountBlocked, .circuitOpen: 503
        case .remoteTimeout: 504
        }
    }

    /// Whether the same call may succeed later without a change by the caller.
    package var isRetryable: Bool {
        switch self {
        case .rateLimited, .remoteRateLimited, .serviceUnavailable, .tokenRefreshInProgress, .credentialUnavailable,
            .remoteUnavailable, .remoteBadResponse, .accountBlocked, .circuitOpen, .remoteTimeout:
            true
        default: false
        }
    }

    /// Whether the vendor, not this system, is where the call failed.
    package var isRemote: Bool {
        rawValue.hasPrefix("remote_") || self == .accountNeedsReauth
    }

    /// Whether an answer with this code always tells when to try again.
    package var needsRetryAfter: Bool {
        status == 429 || status == 503
    }
}
