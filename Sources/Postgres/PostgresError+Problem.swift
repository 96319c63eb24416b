package import Vocabulary

extension PostgresError: ProblemConvertible {
    /// What a caller sees: the database's trouble is never the caller's, except for things that exist already or do not.
    package var problem: Problem {
        if isUnavailable || isSerializationFailure {
            return Problem(.serviceUnavailable, "the database cannot be reached now; try again", underlying: self)
        }
        if isUniqueViolation {
            return Problem(.conflict, "there is such a thing already", underlying: self)
        }
        if isForeignKeyViolation {
            return Problem(.notFound, "something that the request names does not exist", underlying: self)
        }
        return Problem(.internalError, "an unexpected error of the database", underlying: self)
    }
}
