CREATE TABLE `artifacts` (
	`id` text PRIMARY KEY NOT NULL,
	`run_id` text NOT NULL,
	`stage` text NOT NULL,
	`attempt` integer NOT NULL,
	`name` text NOT NULL,
	`size_bytes` integer NOT NULL,
	`sha256` text NOT NULL,
	`path` text NOT NULL,
	`at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `artifact_key` ON `artifacts` (`run_id`,`stage`,`attempt`,`name`);--> statement-breakpoint
CREATE TABLE `attempts` (
	`run_id` text NOT NULL,
	`stage` text NOT NULL,
	`attempt` integer NOT NULL,
	`reason` text NOT NULL,
	`started_ms` integer NOT NULL,
	`ended_ms` integer,
	PRIMARY KEY(`run_id`, `stage`, `attempt`)
);
--> statement-breakpoint
CREATE TABLE `audit` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at_ms` integer NOT NULL,
	`by` text NOT NULL,
	`what` text NOT NULL,
	`host_id` text,
	`run_id` text,
	`detail` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `audit_run` ON `audit` (`run_id`);--> statement-breakpoint
CREATE TABLE `boot_events` (
	`id` integer PRIMARY KEY NOT NULL,
	`mac` text NOT NULL,
	`run_id` text,
	`step` text NOT NULL,
	`at_ms` integer NOT NULL,
	`detail` text NOT NULL,
	`complete` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `boot_event_mac` ON `boot_events` (`mac`,`at_ms`);--> statement-breakpoint
CREATE INDEX `boot_event_run` ON `boot_events` (`run_id`);--> statement-breakpoint
CREATE TABLE `changes` (
	`seq` integer PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`host_id` text,
	`run_id` text
);
--> statement-breakpoint
CREATE TABLE `differences` (
	`run_id` text NOT NULL,
	`attempt` integer NOT NULL,
	`position` integer NOT NULL,
	`severity` text NOT NULL,
	`code` text NOT NULL,
	`component` text NOT NULL,
	`expected` text NOT NULL,
	`found` text NOT NULL,
	`message` text NOT NULL,
	PRIMARY KEY(`run_id`, `attempt`, `position`)
);
--> statement-breakpoint
CREATE TABLE `enrolments` (
	`code_hash` text PRIMARY KEY NOT NULL,
	`run_id` text NOT NULL,
	`mac` text NOT NULL,
	`created_ms` integer NOT NULL,
	`expires_ms` integer NOT NULL,
	`used_ms` integer,
	`claim_key_hash` text,
	`boot_id` text
);
--> statement-breakpoint
CREATE INDEX `enrolment_run` ON `enrolments` (`run_id`);--> statement-breakpoint
CREATE TABLE `holds` (
	`run_id` text PRIMARY KEY NOT NULL,
	`public_key` text NOT NULL,
	`fingerprint` text NOT NULL,
	`private_key` text,
	`key_shown` integer NOT NULL,
	`installed` integer NOT NULL,
	`issued_ms` integer NOT NULL,
	`revoked_ms` integer
);
--> statement-breakpoint
CREATE TABLE `hosts` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`mac` text NOT NULL,
	`spec_yaml` text,
	`added_ms` integer NOT NULL,
	`removed_ms` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `host_name` ON `hosts` (`name`) WHERE removed_ms is null;--> statement-breakpoint
CREATE UNIQUE INDEX `host_mac` ON `hosts` (`mac`) WHERE removed_ms is null;--> statement-breakpoint
CREATE TABLE `logs` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`run_id` text NOT NULL,
	`boot_id` text NOT NULL,
	`seq` integer NOT NULL,
	`at_ms` integer NOT NULL,
	`stage` text,
	`level` text NOT NULL,
	`text` text NOT NULL,
	`lost_before` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `log_line` ON `logs` (`run_id`,`boot_id`,`seq`);--> statement-breakpoint
CREATE TABLE `outbox` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`run_id` text NOT NULL,
	`kind` text NOT NULL,
	`created_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `reports` (
	`run_id` text PRIMARY KEY NOT NULL,
	`html_path` text NOT NULL,
	`json_path` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `results` (
	`run_id` text NOT NULL,
	`stage` text NOT NULL,
	`attempt` integer NOT NULL,
	`boot_id` text NOT NULL,
	`outcome` text NOT NULL,
	`reason` text,
	`started_ms` integer NOT NULL,
	`duration_ms` integer NOT NULL,
	`received_ms` integer NOT NULL,
	`facts` text,
	`checks` text NOT NULL,
	`summary` text,
	`counted` integer NOT NULL,
	`answer` text NOT NULL,
	`rev` integer NOT NULL,
	PRIMARY KEY(`run_id`, `stage`, `attempt`)
);
--> statement-breakpoint
CREATE TABLE `runs` (
	`id` text PRIMARY KEY NOT NULL,
	`host_id` text NOT NULL,
	`state` text NOT NULL,
	`rev` integer NOT NULL,
	`profile` text NOT NULL,
	`plan` text NOT NULL,
	`destructive` integer NOT NULL,
	`attempt` integer NOT NULL,
	`attempt_reason` text NOT NULL,
	`boot_id` text,
	`agent_start` integer NOT NULL,
	`failure` text,
	`command` text,
	`created_ms` integer NOT NULL,
	`entered_ms` integer NOT NULL,
	`deadline_ms` integer,
	`last_seen_ms` integer,
	`ended_ms` integer,
	`entered_seq` integer NOT NULL,
	`marks` text NOT NULL,
	`image_id` text,
	`address` text,
	FOREIGN KEY (`host_id`) REFERENCES `hosts`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `run_active` ON `runs` (`host_id`) WHERE ended_ms is null;--> statement-breakpoint
CREATE INDEX `run_created` ON `runs` (`created_ms`);--> statement-breakpoint
CREATE INDEX `run_host` ON `runs` (`host_id`,`created_ms`);--> statement-breakpoint
CREATE TABLE `sample_chunks` (
	`id` integer PRIMARY KEY NOT NULL,
	`run_id` text NOT NULL,
	`boot_id` text NOT NULL,
	`series_set` text NOT NULL,
	`stage` text,
	`start_ms` integer NOT NULL,
	`first_seq` integer NOT NULL,
	`last_seq` integer NOT NULL,
	`lost` integer NOT NULL,
	`values` blob NOT NULL
);
--> statement-breakpoint
CREATE INDEX `chunk_run` ON `sample_chunks` (`run_id`,`boot_id`,`start_ms`);--> statement-breakpoint
CREATE TABLE `series_sets` (
	`id` text PRIMARY KEY NOT NULL,
	`names` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `series_stats` (
	`run_id` text NOT NULL,
	`series` text NOT NULL,
	`count` integer NOT NULL,
	`min` real NOT NULL,
	`sum` real NOT NULL,
	`max` real NOT NULL,
	`last` real NOT NULL,
	PRIMARY KEY(`run_id`, `series`)
);
--> statement-breakpoint
CREATE TABLE `sessions` (
	`token_hash` text PRIMARY KEY NOT NULL,
	`run_id` text NOT NULL,
	`boot_id` text NOT NULL,
	`created_ms` integer NOT NULL,
	`revoked_ms` integer
);
--> statement-breakpoint
CREATE INDEX `session_run` ON `sessions` (`run_id`);--> statement-breakpoint
CREATE TABLE `sightings` (
	`mac` text PRIMARY KEY NOT NULL,
	`first_seen_ms` integer NOT NULL,
	`last_seen_ms` integer NOT NULL,
	`count` integer NOT NULL,
	`detail` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `transitions` (
	`run_id` text NOT NULL,
	`rev` integer NOT NULL,
	`from` text NOT NULL,
	`event` text NOT NULL,
	`to` text NOT NULL,
	`at_ms` integer NOT NULL,
	`by` text NOT NULL,
	PRIMARY KEY(`run_id`, `rev`)
);
