CREATE TABLE `spec_classes` (
	`name` text PRIMARY KEY NOT NULL,
	`yaml` text NOT NULL,
	`changed_ms` integer NOT NULL
);
