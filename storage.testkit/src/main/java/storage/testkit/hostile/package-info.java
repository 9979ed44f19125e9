/**
 * Archives as attackers and broken programs write them: named cases, each with its outcome, the same for every backend.
 * {@link storage.testkit.hostile.Corpus} has them all.
 */
package storage.testkit.hostile;
