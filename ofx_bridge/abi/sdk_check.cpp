// Compiled only with -DOFX_SDK_INCLUDE=<folder of ofxCore.h>: our declarations are those of the official headers.
#include <ofxColour.h>
#include <ofxCore.h>
#include <ofxImageEffect.h>
#include <ofxMemory.h>
#include <ofxMessage.h>
#include <ofxMultiThread.h>
#include <ofxParam.h>
#include <ofxProgress.h>
#include <ofxProperty.h>
#include <ofxTimeLine.h>

#include <string_view>

#include "abi/names.hpp"
#include "abi/suites.hpp"

using namespace ofxabi;

#define SAME_SIZE(theirs, ours) static_assert(sizeof(theirs) == sizeof(ours))
#define SAME_PLACE(theirs, member, ours, our_member) \
  static_assert(offsetof(theirs, member) == offsetof(ours, our_member), #member)
#define SAME_TEXT(theirs, ours) static_assert(std::string_view(theirs) == std::string_view(ours), #theirs)

SAME_SIZE(OfxHost, Host);
SAME_SIZE(OfxPlugin, Plugin);
SAME_SIZE(OfxRectI, RectI);
SAME_SIZE(OfxRectD, RectD);
SAME_PLACE(OfxPlugin, pluginIdentifier, Plugin, identifier);
SAME_PLACE(OfxPlugin, pluginVersionMajor, Plugin, version_major);
SAME_PLACE(OfxPlugin, setHost, Plugin, set_host);
SAME_PLACE(OfxPlugin, mainEntry, Plugin, main_entry);

SAME_SIZE(OfxPropertySuiteV1, PropertySuite);
SAME_PLACE(OfxPropertySuiteV1, propSetPointer, PropertySuite, set_pointer);
SAME_PLACE(OfxPropertySuiteV1, propSetString, PropertySuite, set_string);
SAME_PLACE(OfxPropertySuiteV1, propSetDouble, PropertySuite, set_double);
SAME_PLACE(OfxPropertySuiteV1, propSetInt, PropertySuite, set_int);
SAME_PLACE(OfxPropertySuiteV1, propSetStringN, PropertySuite, set_strings);
SAME_PLACE(OfxPropertySuiteV1, propSetDoubleN, PropertySuite, set_doubles);
SAME_PLACE(OfxPropertySuiteV1, propSetIntN, PropertySuite, set_ints);
SAME_PLACE(OfxPropertySuiteV1, propGetPointer, PropertySuite, get_pointer);
SAME_PLACE(OfxPropertySuiteV1, propGetString, PropertySuite, get_string);
SAME_PLACE(OfxPropertySuiteV1, propGetDouble, PropertySuite, get_double);
SAME_PLACE(OfxPropertySuiteV1, propGetInt, PropertySuite, get_int);
SAME_PLACE(OfxPropertySuiteV1, propGetDoubleN, PropertySuite, get_doubles);
SAME_PLACE(OfxPropertySuiteV1, propGetIntN, PropertySuite, get_ints);
SAME_PLACE(OfxPropertySuiteV1, propReset, PropertySuite, reset);
SAME_PLACE(OfxPropertySuiteV1, propGetDimension, PropertySuite, dimension);

SAME_SIZE(OfxImageEffectSuiteV1, ImageEffectSuite);
SAME_PLACE(OfxImageEffectSuiteV1, getPropertySet, ImageEffectSuite, get_property_set);
SAME_PLACE(OfxImageEffectSuiteV1, getParamSet, ImageEffectSuite, get_param_set);
SAME_PLACE(OfxImageEffectSuiteV1, clipDefine, ImageEffectSuite, clip_define);
SAME_PLACE(OfxImageEffectSuiteV1, clipGetHandle, ImageEffectSuite, clip_get_handle);
SAME_PLACE(OfxImageEffectSuiteV1, clipGetPropertySet, ImageEffectSuite, clip_get_property_set);
SAME_PLACE(OfxImageEffectSuiteV1, clipGetImage, ImageEffectSuite, clip_get_image);
SAME_PLACE(OfxImageEffectSuiteV1, clipReleaseImage, ImageEffectSuite, clip_release_image);
SAME_PLACE(OfxImageEffectSuiteV1, clipGetRegionOfDefinition, ImageEffectSuite, clip_get_region_of_definition);
SAME_PLACE(OfxImageEffectSuiteV1, abort, ImageEffectSuite, abort);
SAME_PLACE(OfxImageEffectSuiteV1, imageMemoryAlloc, ImageEffectSuite, image_memory_alloc);

SAME_SIZE(OfxParameterSuiteV1, ParameterSuite);
SAME_PLACE(OfxParameterSuiteV1, paramDefine, ParameterSuite, define);
SAME_PLACE(OfxParameterSuiteV1, paramGetHandle, ParameterSuite, get_handle);
SAME_PLACE(OfxParameterSuiteV1, paramSetGetPropertySet, ParameterSuite, set_get_property_set);
SAME_PLACE(OfxParameterSuiteV1, paramGetPropertySet, ParameterSuite, get_property_set);
SAME_PLACE(OfxParameterSuiteV1, paramGetValue, ParameterSuite, get_value);
SAME_PLACE(OfxParameterSuiteV1, paramGetValueAtTime, ParameterSuite, get_value_at_time);
SAME_PLACE(OfxParameterSuiteV1, paramSetValue, ParameterSuite, set_value);
SAME_PLACE(OfxParameterSuiteV1, paramEditEnd, ParameterSuite, edit_end);

SAME_SIZE(OfxMemorySuiteV1, MemorySuite);
SAME_SIZE(OfxMultiThreadSuiteV1, MultiThreadSuite);
SAME_PLACE(OfxMultiThreadSuiteV1, multiThreadNumCPUs, MultiThreadSuite, cpu_count);
SAME_PLACE(OfxMultiThreadSuiteV1, mutexCreate, MultiThreadSuite, mutex_create);
SAME_PLACE(OfxMultiThreadSuiteV1, mutexUnLock, MultiThreadSuite, mutex_unlock);
SAME_SIZE(OfxMessageSuiteV1, MessageSuiteV1);
SAME_SIZE(OfxMessageSuiteV2, MessageSuiteV2);
SAME_PLACE(OfxMessageSuiteV2, setPersistentMessage, MessageSuiteV2, set_persistent_message);
SAME_PLACE(OfxMessageSuiteV2, clearPersistentMessage, MessageSuiteV2, clear_persistent_message);
SAME_SIZE(OfxProgressSuiteV1, ProgressSuiteV1);
SAME_SIZE(OfxProgressSuiteV2, ProgressSuiteV2);
SAME_PLACE(OfxProgressSuiteV2, progressUpdate, ProgressSuiteV2, update);
SAME_SIZE(OfxTimeLineSuiteV1, TimeLineSuite);
SAME_PLACE(OfxTimeLineSuiteV1, getTimeBounds, TimeLineSuite, get_time_bounds);

static_assert(kOfxStatErrMissingHostFeature == status::missing_host_feature);
static_assert(kOfxStatErrFatal == status::fatal && kOfxStatErrUnknown == status::unknown);
static_assert(kOfxStatErrUnsupported == status::unsupported && kOfxStatErrFormat == status::format);
static_assert(kOfxStatErrMemory == status::memory && kOfxStatErrBadHandle == status::bad_handle);
static_assert(kOfxStatErrBadIndex == status::bad_index && kOfxStatErrValue == status::value);
static_assert(kOfxStatReplyYes == status::reply_yes && kOfxStatReplyNo == status::reply_no);
static_assert(kOfxStatReplyDefault == status::reply_default && kOfxStatErrImageFormat == status::image_format);

SAME_TEXT(kOfxPropertySuite, suite::property);
SAME_TEXT(kOfxImageEffectSuite, suite::image_effect);
SAME_TEXT(kOfxParameterSuite, suite::parameter);
SAME_TEXT(kOfxMemorySuite, suite::memory);
SAME_TEXT(kOfxMultiThreadSuite, suite::multi_thread);
SAME_TEXT(kOfxMessageSuite, suite::message);
SAME_TEXT(kOfxProgressSuite, suite::progress);
SAME_TEXT(kOfxTimeLineSuite, suite::time_line);

SAME_TEXT(kOfxActionLoad, action::load);
SAME_TEXT(kOfxActionUnload, action::unload);
SAME_TEXT(kOfxActionDescribe, action::describe);
SAME_TEXT(kOfxActionCreateInstance, action::create_instance);
SAME_TEXT(kOfxActionDestroyInstance, action::destroy_instance);
SAME_TEXT(kOfxActionInstanceChanged, action::instance_changed);
SAME_TEXT(kOfxActionPurgeCaches, action::purge_caches);
SAME_TEXT(kOfxActionSyncPrivateData, action::sync_private_data);
SAME_TEXT(kOfxImageEffectActionDescribeInContext, action::describe_in_context);
SAME_TEXT(kOfxImageEffectActionGetRegionOfDefinition, action::region_of_definition);
SAME_TEXT(kOfxImageEffectActionGetRegionsOfInterest, action::regions_of_interest);
SAME_TEXT(kOfxImageEffectActionGetFramesNeeded, action::frames_needed);
SAME_TEXT(kOfxImageEffectActionGetTimeDomain, action::time_domain);
SAME_TEXT(kOfxImageEffectActionGetClipPreferences, action::clip_preferences);
SAME_TEXT(kOfxImageEffectActionIsIdentity, action::is_identity);
SAME_TEXT(kOfxImageEffectActionGetOutputColourspace, action::output_colourspace);
SAME_TEXT(kOfxImageEffectActionBeginSequenceRender, action::begin_sequence);
SAME_TEXT(kOfxImageEffectActionEndSequenceRender, action::end_sequence);
SAME_TEXT(kOfxImageEffectActionRender, action::render);

SAME_TEXT(kOfxPropName, prop::name);
SAME_TEXT(kOfxPropLabel, prop::label);
SAME_TEXT(kOfxPropShortLabel, prop::short_label);
SAME_TEXT(kOfxPropLongLabel, prop::long_label);
SAME_TEXT(kOfxPropType, prop::type);
SAME_TEXT(kOfxPropTime, prop::time);
SAME_TEXT(kOfxPropVersion, prop::version);
SAME_TEXT(kOfxPropVersionLabel, prop::version_label);
SAME_TEXT(kOfxPropAPIVersion, prop::api_version);
SAME_TEXT(kOfxPropPluginDescription, prop::plugin_description);
SAME_TEXT(kOfxPropInstanceData, prop::instance_data);
SAME_TEXT(kOfxPropIsInteractive, prop::is_interactive);
SAME_TEXT(kOfxPropChangeReason, prop::change_reason);
SAME_TEXT(kOfxPropEffectInstance, prop::effect_instance);

SAME_TEXT(kOfxImageEffectPropContext, effect::context);
SAME_TEXT(kOfxImageEffectPropSupportedContexts, effect::supported_contexts);
SAME_TEXT(kOfxImageEffectPropSupportedPixelDepths, effect::supported_depths);
SAME_TEXT(kOfxImageEffectPropSupportedComponents, effect::supported_components);
SAME_TEXT(kOfxImageEffectPropComponents, effect::components);
SAME_TEXT(kOfxImageEffectPropPixelDepth, effect::depth);
SAME_TEXT(kOfxImageEffectPropPreMultiplication, effect::premultiplication);
SAME_TEXT(kOfxImageEffectPropSupportsTiles, effect::tiles);
SAME_TEXT(kOfxImageEffectPropSupportsMultiResolution, effect::multi_resolution);
SAME_TEXT(kOfxImageEffectPropTemporalClipAccess, effect::temporal_access);
SAME_TEXT(kOfxImageEffectPropSupportsMultipleClipPARs, effect::multiple_pars);
SAME_TEXT(kOfxImageEffectPropSupportsMultipleClipDepths, effect::multiple_depths);
SAME_TEXT(kOfxImageEffectPropSetableFrameRate, effect::setable_frame_rate);
SAME_TEXT(kOfxImageEffectPropSetableFielding, effect::setable_fielding);
SAME_TEXT(kOfxImageEffectPropSupportsOverlays, effect::overlays);
SAME_TEXT(kOfxImageEffectPropRenderScale, effect::render_scale);
SAME_TEXT(kOfxImageEffectPropRenderWindow, effect::render_window);
SAME_TEXT(kOfxImageEffectPropFieldToRender, effect::field_to_render);
SAME_TEXT(kOfxImageEffectPropRegionOfDefinition, effect::region_of_definition);
SAME_TEXT(kOfxImageEffectPropRegionOfInterest, effect::region_of_interest);
SAME_TEXT(kOfxImageEffectPropFrameRange, effect::frame_range);
SAME_TEXT(kOfxImageEffectPropFrameRate, effect::frame_rate);
SAME_TEXT(kOfxImageEffectPropFrameStep, effect::frame_step);
SAME_TEXT(kOfxImageEffectPropProjectSize, effect::project_size);
SAME_TEXT(kOfxImageEffectPropProjectOffset, effect::project_offset);
SAME_TEXT(kOfxImageEffectPropProjectExtent, effect::project_extent);
SAME_TEXT(kOfxImageEffectPropProjectPixelAspectRatio, effect::project_pixel_aspect);
SAME_TEXT(kOfxImageEffectFrameVarying, effect::frame_varying);
SAME_TEXT(kOfxImageEffectPropSequentialRenderStatus, effect::sequential_status);
SAME_TEXT(kOfxImageEffectPropInteractiveRenderStatus, effect::interactive_status);
SAME_TEXT(kOfxImageEffectPluginPropGrouping, effect::grouping);
SAME_TEXT(kOfxImageEffectPluginPropHostFrameThreading, effect::host_frame_threading);
SAME_TEXT(kOfxImageEffectPluginPropSingleInstance, effect::single_instance);
SAME_TEXT(kOfxImageEffectPluginPropFieldRenderTwiceAlways, effect::field_render_twice);
SAME_TEXT(kOfxImageEffectPluginRenderThreadSafety, effect::thread_safety);
SAME_TEXT(kOfxImageEffectInstancePropSequentialRender, effect::sequential_render);
SAME_TEXT(kOfxImageEffectInstancePropEffectDuration, effect::effect_duration);
SAME_TEXT(kOfxImageEffectHostPropIsBackground, effect::is_background);
SAME_TEXT(kOfxImageEffectHostPropNativeOrigin, effect::native_origin);
SAME_TEXT(kOfxImageEffectPropColourManagementStyle, effect::colour_style);
SAME_TEXT(kOfxImageEffectPropColourManagementAvailableConfigs, effect::colour_configs);
SAME_TEXT(kOfxImageEffectPropColourManagementConfig, effect::colour_config);
#ifdef kOfxImageEffectPropThumbnailRender  // OpenFX 1.5.1
SAME_TEXT(kOfxImageEffectPropThumbnailRender, effect::thumbnail);
SAME_TEXT(kOfxImageEffectPropNoSpatialAwareness, effect::no_spatial_awareness);
#endif

SAME_TEXT(kOfxImageClipPropConnected, clip::connected);
SAME_TEXT(kOfxImageClipPropOptional, clip::optional);
SAME_TEXT(kOfxImageClipPropIsMask, clip::is_mask);
SAME_TEXT(kOfxImageClipPropFieldOrder, clip::field_order);
SAME_TEXT(kOfxImageClipPropFieldExtraction, clip::field_extraction);
SAME_TEXT(kOfxImageClipPropContinuousSamples, clip::continuous_samples);
SAME_TEXT(kOfxImageClipPropUnmappedComponents, clip::unmapped_components);
SAME_TEXT(kOfxImageClipPropUnmappedPixelDepth, clip::unmapped_depth);
SAME_TEXT(kOfxImageClipPropColourspace, clip::colourspace);
SAME_TEXT(kOfxImagePropData, image::data);
SAME_TEXT(kOfxImagePropRowBytes, image::row_bytes);
SAME_TEXT(kOfxImagePropBounds, image::bounds);
SAME_TEXT(kOfxImagePropRegionOfDefinition, image::region_of_definition);
SAME_TEXT(kOfxImagePropField, image::field);
SAME_TEXT(kOfxImagePropPixelAspectRatio, image::pixel_aspect);
SAME_TEXT(kOfxImagePropUniqueIdentifier, image::unique_identifier);

SAME_TEXT(kOfxParamPropType, param::type);
SAME_TEXT(kOfxParamPropDefault, param::default_value);
SAME_TEXT(kOfxParamPropMin, param::min);
SAME_TEXT(kOfxParamPropMax, param::max);
SAME_TEXT(kOfxParamPropDisplayMin, param::display_min);
SAME_TEXT(kOfxParamPropDisplayMax, param::display_max);
SAME_TEXT(kOfxParamPropIncrement, param::increment);
SAME_TEXT(kOfxParamPropDigits, param::digits);
SAME_TEXT(kOfxParamPropChoiceOption, param::choice_option);
SAME_TEXT(kOfxParamPropStringMode, param::string_mode);
SAME_TEXT(kOfxParamPropStringFilePathExists, param::file_exists);
SAME_TEXT(kOfxParamPropAnimates, param::animates);
SAME_TEXT(kOfxParamPropSecret, param::secret);
SAME_TEXT(kOfxParamPropEnabled, param::enabled);
SAME_TEXT(kOfxParamPropHint, param::hint);
SAME_TEXT(kOfxParamPropParent, param::parent);
SAME_TEXT(kOfxParamPropScriptName, param::script_name);
SAME_TEXT(kOfxParamPropEvaluateOnChange, param::evaluate_on_change);
SAME_TEXT(kOfxParamPropPersistant, param::persistent);
SAME_TEXT(kOfxParamPropDoubleType, param::double_type);
SAME_TEXT(kOfxParamPropGroupOpen, param::group_open);
SAME_TEXT(kOfxParamTypeInteger, param_type::integer);
SAME_TEXT(kOfxParamTypeDouble, param_type::real);
SAME_TEXT(kOfxParamTypeBoolean, param_type::boolean);
SAME_TEXT(kOfxParamTypeChoice, param_type::choice);
SAME_TEXT(kOfxParamTypeString, param_type::string);
SAME_TEXT(kOfxParamTypeGroup, param_type::group);

SAME_TEXT(kOfxImageEffectPluginApi, name::image_effect_api);
SAME_TEXT(kOfxImageEffectContextFilter, name::context_filter);
SAME_TEXT(kOfxImageEffectContextGeneral, name::context_general);
SAME_TEXT(kOfxImageEffectSimpleSourceClipName, name::source_clip);
SAME_TEXT(kOfxImageEffectOutputClipName, name::output_clip);
SAME_TEXT(kOfxImageComponentRGBA, name::rgba);
SAME_TEXT(kOfxImageComponentRGB, name::rgb);
SAME_TEXT(kOfxImageComponentAlpha, name::alpha);
SAME_TEXT(kOfxImageComponentNone, name::none);
SAME_TEXT(kOfxBitDepthByte, name::byte);
SAME_TEXT(kOfxBitDepthShort, name::short_);
SAME_TEXT(kOfxBitDepthHalf, name::half);
SAME_TEXT(kOfxBitDepthFloat, name::float_);
SAME_TEXT(kOfxImageOpaque, name::opaque);
SAME_TEXT(kOfxImagePreMultiplied, name::premultiplied);
SAME_TEXT(kOfxImageUnPreMultiplied, name::unpremultiplied);
SAME_TEXT(kOfxImageEffectRenderUnsafe, name::unsafe);
SAME_TEXT(kOfxImageEffectRenderInstanceSafe, name::instance_safe);
SAME_TEXT(kOfxImageEffectRenderFullySafe, name::fully_safe);
SAME_TEXT(kOfxImageFieldNone, name::field_none);
SAME_TEXT(kOfxImageFieldBoth, name::field_both);
SAME_TEXT(kOfxImageFieldLower, name::field_lower);
SAME_TEXT(kOfxImageFieldUpper, name::field_upper);
SAME_TEXT(kOfxParamStringIsSingleLine, name::string_single_line);
SAME_TEXT(kOfxParamStringIsFilePath, name::string_file_path);
SAME_TEXT(kOfxParamDoubleTypePlain, name::double_plain);
SAME_TEXT(kOfxMessageError, name::message_error);
SAME_TEXT(kOfxMessageMessage, name::message_message);
SAME_TEXT(kOfxMessageLog, name::message_log);
SAME_TEXT(kOfxChangeUserEdited, name::user_edited);
SAME_TEXT(kOfxImageEffectColourManagementNone, name::colour_none);
SAME_TEXT(kOfxImageEffectColourManagementCore, name::colour_core);
SAME_TEXT(kOfxConfigIdentifier, name::colour_config);
SAME_TEXT(kOfxTypeImageEffectHost, name::type_host);
SAME_TEXT(kOfxTypeImageEffect, name::type_effect);
SAME_TEXT(kOfxTypeImageEffectInstance, name::type_instance);
SAME_TEXT(kOfxTypeClip, name::type_clip);
SAME_TEXT(kOfxTypeImage, name::type_image);
SAME_TEXT(kOfxTypeParameter, name::type_param);
SAME_TEXT(kOfxTypeParameterInstance, name::type_param_instance);
