CREATE TABLE `announcements` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`run_id` text NOT NULL,
	`host_id` text NOT NULL,
	`rev` integer NOT NULL,
	`type` text NOT NULL,
	`from` text NOT NULL,
	`to` text NOT NULL,
	`stage` text,
	`severity` text NOT NULL,
	`summary` text NOT NULL,
	`at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `announcement_age` ON `announcements` (`at_ms`);--> statement-breakpoint
CREATE TABLE `mqtt_marks` (
	`id` integer PRIMARY KEY NOT NULL,
	`acked_seq` integer DEFAULT 0 NOT NULL,
	`dropped` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE `mqtt_topics` (
	`topic` text PRIMARY KEY NOT NULL
);
